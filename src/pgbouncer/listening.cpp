#include "pgbouncer/listening.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace pgcleave::pgbouncer {
namespace {

bool connects(int family, const sockaddr* address, socklen_t length, Deadline deadline) {
  const int one = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (one < 0) return false;
  bool connected = ::connect(one, address, length) == 0;
  if (!connected && (errno == EINPROGRESS || errno == EAGAIN)) {
    pollfd socket{one, POLLOUT, 0};
    const auto left =
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left()).count());
    int error = 0;
    socklen_t size = sizeof error;
    connected = ::poll(&socket, 1, static_cast<int>(left)) == 1 &&
                ::getsockopt(one, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  ::close(one);
  return connected;
}

}  // namespace

bool somebody_listens(const std::string& host, const std::string& port, Deadline deadline) {
  if (host.starts_with('/')) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = host + "/.s.PGSQL." + port;
    if (path.size() >= sizeof address.sun_path) return false;
    path.copy(address.sun_path, path.size());
    return connects(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    if (connects(one->ai_family, one->ai_addr, one->ai_addrlen, deadline)) return true;
  }
  return false;
}

}  // namespace pgcleave::pgbouncer

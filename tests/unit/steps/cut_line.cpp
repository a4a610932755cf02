#include "cut_line.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool write_all(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto wrote = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

std::string read_some(int fd) {
  char bytes[16384];
  const auto got = ::recv(fd, bytes, sizeof bytes, 0);
  return got <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(got));
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return ntohl(number);
}

bool readable(const pollfd& fd) {
  return (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

}  // namespace

CutLine::CutLine(int server_port, int at, Lost lost) : server_port_(server_port), at_(at), lost_(lost) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  REQUIRE(::listen(listener_, 16) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

CutLine::~CutLine() {
  over_ = true;
  thread_.join();
  for (const auto& session : sessions_) {
    ::close(session.client);
    ::close(session.server);
  }
  ::close(listener_);
}

void CutLine::serve() {
  while (!over_) {
    std::vector<pollfd> fds = {{listener_, POLLIN, 0}};
    for (const auto& session : sessions_) {
      fds.push_back({session.client, POLLIN, 0});
      fds.push_back({session.server, POLLIN, 0});
    }
    if (::poll(fds.data(), fds.size(), 20) <= 0) continue;
    for (std::size_t i = sessions_.size(); i-- > 0;) {
      auto& session = sessions_[i];
      bool alive = true;
      if (readable(fds[1 + 2 * i + 1])) {
        const auto answer = read_some(session.server);
        alive = !answer.empty() && write_all(session.client, answer);
      }
      if (alive && readable(fds[1 + 2 * i])) alive = pass_on(session);
      if (alive) continue;
      ::close(session.client);
      ::close(session.server);
      sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (readable(fds[0])) welcome();
  }
}

void CutLine::welcome() {
  Session session;
  session.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  session.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  ::setsockopt(session.server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto address = loopback(server_port_);
  if (::connect(session.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    sessions_.push_back(std::move(session));
    return;
  }
  ::close(session.client);
  ::close(session.server);
}

bool CutLine::pass_on(Session& session) {
  const auto bytes = read_some(session.client);
  if (bytes.empty()) return false;
  session.unread += bytes;
  while (true) {
    const std::size_t head = session.started ? 5 : 4;
    if (session.unread.size() < head) return true;
    const std::size_t length = number_at(session.unread, head - 4) + (head - 4);
    if (session.unread.size() < length) return true;
    const auto message = session.unread.substr(0, length);
    session.unread.erase(0, length);
    if (!pass_message(session, message)) return false;
  }
}

// PostgreSQL 15, chapter "Frontend/Backend Protocol": a request ends with Query or Sync; before the startup packet a
// client may ask for encryption (codes 80877103 and 80877104).
bool CutLine::pass_message(Session& session, const std::string& message) {
  if (!session.started) {
    const auto code = number_at(message, 4);
    session.started = code != 80877103 && code != 80877104;
    return write_all(session.server, message);
  }
  session.request += message;
  if (message[0] != 'Q' && message[0] != 'S' && message[0] != 'X') return true;
  const auto request = std::exchange(session.request, "");
  if (message[0] == 'X' || fixed_ || ++requests_ != at_) return write_all(session.server, request);
  cut_ = true;
  if (lost_ == Lost::answer) lose_answer(session, request);
  return false;
}

void CutLine::lose_answer(Session& session, const std::string& request) const {
  const std::string terminate("X\0\0\0\4", 5);
  if (!write_all(session.server, request + terminate)) return;
  while (!read_some(session.server).empty()) {
  }
}

}  // namespace pgcleave::steps::test

#include "ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "error.h"
#include "files.h"

namespace pgcleave_lab {
namespace {

int bind_loopback(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

int first_ephemeral_port() {
  const int first = std::atoi(read_file_or_empty("/proc/sys/net/ipv4/ip_local_port_range").c_str());
  return first > 12000 ? first : 32768;
}

}  // namespace

PortReservation::~PortReservation() {
  for (const auto& [port, descriptor] : held_) ::close(descriptor);
}

int PortReservation::take() {
  std::random_device random;
  std::uniform_int_distribution<int> pick(10000, first_ephemeral_port() - 1);
  for (int attempt = 0; attempt < 500; ++attempt) {
    const int port = pick(random);
    if (held_.contains(port)) continue;
    if (const int descriptor = bind_loopback(port); descriptor >= 0) {
      held_[port] = descriptor;
      return port;
    }
  }
  fail("no free loopback port found in 500 attempts");
}

void PortReservation::hand_over(int port) {
  if (const auto found = held_.find(port); found != held_.end()) {
    ::close(found->second);
    held_.erase(found);
  }
}

}  // namespace pgcleave_lab

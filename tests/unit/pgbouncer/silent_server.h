// A server that keeps every login waiting.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "servers.h"

namespace pgcleave::pgbouncer {

inline sockaddr_in on_loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

inline int listening_at(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = on_loopback(port);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(socket, 8) == 0);
  return socket;
}

// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() : port_(free_port()), socket_(listening_at(port_)) {}
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int port_;
  int socket_;
};

}  // namespace pgcleave::pgbouncer

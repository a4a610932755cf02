#include "member.h"

#include <arpa/inet.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace pgcleave::patroni {
namespace {

int listening(int& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

std::size_t length_in(const std::string& head) {
  const std::string name = "content-length:";
  for (std::size_t at = 0; (at = head.find("\r\n", at)) != std::string::npos; ++at) {
    if (::strncasecmp(head.c_str() + at + 2, name.c_str(), name.size()) == 0)
      return std::stoul(head.substr(at + 2 + name.size()));
  }
  return 0;
}

}  // namespace

int free_port() {
  int port = 0;
  ::close(listening(port));
  return port;
}

std::string answer(int status, const std::string& body) {
  return "HTTP/1.0 " + std::to_string(status) + " Whatever\r\nContent-Type: application/json\r\n\r\n" + body;
}

StandIn::StandIn(Handler handler) : handler_(std::move(handler)) {
  listener_ = listening(port_);
  REQUIRE(::listen(listener_, 16) == 0);
  thread_ = std::thread([this] { serve(); });
}

StandIn::~StandIn() {
  over_ = true;
  thread_.join();
  for (const int client : kept_) ::close(client);
  ::close(listener_);
}

std::string StandIn::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<Request> StandIn::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void StandIn::serve() {
  while (!over_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 10) <= 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client >= 0) answer(client);
  }
}

void StandIn::answer(int client) {
  std::string seen;
  std::size_t head = std::string::npos;
  while (head == std::string::npos || seen.size() < head + 4 + length_in(seen.substr(0, head))) {
    char buffer[4096];
    const auto got = ::recv(client, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    seen.append(buffer, static_cast<std::size_t>(got));
    head = seen.find("\r\n\r\n");
  }
  Request request;
  const auto first = seen.find(' ');
  const auto second = seen.find(' ', first + 1);
  if (head != std::string::npos && second != std::string::npos) {
    request = {seen.substr(0, first), seen.substr(first + 1, second - first - 1), seen.substr(0, head),
               seen.substr(head + 4)};
  }
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const auto said = handler_(request);
  if (said == silence) {
    kept_.push_back(client);
    return;
  }
  ::send(client, said.data(), said.size(), MSG_NOSIGNAL);
  ::close(client);
}

}  // namespace pgcleave::patroni

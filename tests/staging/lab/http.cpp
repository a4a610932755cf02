#include "http.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace pgcleave_lab {
namespace {

// -1: nobody takes the connection.
int connected(int family, const sockaddr* address, socklen_t size) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const timeval limit{2, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(descriptor, address, size) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

int connected_on_loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int descriptor = connected(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (descriptor >= 0) return descriptor;
  sockaddr_in6 of_ipv6{};
  of_ipv6.sin6_family = AF_INET6;
  of_ipv6.sin6_port = address.sin_port;
  of_ipv6.sin6_addr = in6addr_loopback;
  return connected(AF_INET6, reinterpret_cast<sockaddr*>(&of_ipv6), sizeof of_ipv6);
}

HttpAnswer send_request(int port, const std::string& request) {
  const int descriptor = connected_on_loopback(port);
  if (descriptor < 0) return {};
  std::string text;
  if (::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char part[8192];
    for (ssize_t got; (got = ::recv(descriptor, part, sizeof part, 0)) > 0;)
      text.append(part, static_cast<std::size_t>(got));
  }
  ::close(descriptor);
  const auto body = text.find("\r\n\r\n");
  if (text.size() < 12 || body == std::string::npos) return {};
  return {std::atoi(text.c_str() + 9), text.substr(body + 4)};
}

}  // namespace

std::string base64(std::string_view text) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char letter : text) {
    bits = bits << 8 | static_cast<unsigned char>(letter);
    for (held += 8; held >= 6; held -= 6) out += digits[bits >> (held - 6) & 63];
  }
  if (held > 0) out += digits[bits << (6 - held) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

nlohmann::json HttpAnswer::json() const {
  return nlohmann::json::parse(body, nullptr, false);
}

HttpAnswer http_get(int port, const std::string& path) {
  return send_request(port, fmt::format("GET {} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", path));
}

HttpAnswer http_post(int port, const std::string& path, const std::string& body) {
  return send_request(port, fmt::format("POST {} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                                        "Content-Length: {}\r\n\r\n{}",
                                        path, body.size(), body));
}

HttpAnswer http_post(int port, const std::string& path, const std::string& body, const BasicAuth& who) {
  return send_request(port, fmt::format("POST {} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Basic {}\r\n"
                                        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                                        path, base64(who.user + ":" + who.password), body.size(), body));
}

HttpAnswer http_patch(int port, const std::string& path, const std::string& body, const BasicAuth& who) {
  return send_request(port, fmt::format("PATCH {} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Basic {}\r\n"
                                        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                                        path, base64(who.user + ":" + who.password), body.size(), body));
}

}  // namespace pgcleave_lab

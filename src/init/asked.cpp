#include "init/asked.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/address.h"
#include "base/format.h"
#include "config/connection_keys.h"

namespace pgcleave::init {
namespace {

constexpr const char* patronis_port = "8008";
constexpr const char* bouncers_port = "6432";

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) && std::stoi(text) > 0 &&
         std::stoi(text) <= 65535;
}

bool is_host(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

// Host and port of "host:port", "[host]:port" or "host"; several colons without brackets are an address of IPv6.
std::pair<std::string, std::string> parts_of(const std::string& text, const std::string& port) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string::npos) return {"", ""};
    const auto rest = text.substr(end + 1);
    return {text.substr(1, end - 1), rest.empty() ? port : rest.starts_with(':') ? rest.substr(1) : ""};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || text.find(':') != colon) return {text, port};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

std::string path_in(const std::string& directory, const std::string& name) {
  return (std::filesystem::path(directory) / name).lexically_normal().string();
}

Result<std::string> rest_url(const std::string& option, const std::string& text) {
  auto rest = text;
  while (rest.ends_with('/')) rest.pop_back();
  std::string scheme = "http://";
  for (const char* known : {"http://", "https://"}) {
    if (!rest.starts_with(known)) continue;
    scheme = known;
    rest = rest.substr(scheme.size());
  }
  const auto [host, port] = parts_of(rest, patronis_port);
  if (is_host(host) && is_port(port)) return scheme + address_text(host, port);
  return fail({ErrorKind::invalid, option, "is not the address of a Patroni member",
               "http://HOST:8008, https://HOST:8008 or HOST", text, "", ""});
}

std::string ConsoleAddress::text() const {
  return host.starts_with('/') ? fmt::format("{}:{}", host, port) : address_text(host, port);
}

Result<ConsoleAddress> console_address(const std::string& text) {
  const bool folder = text.starts_with('/');
  const auto colon = text.rfind(':');
  auto [host, port] = folder && colon != std::string::npos ? std::pair(text.substr(0, colon), text.substr(colon + 1))
                                                           : parts_of(text, bouncers_port);
  if ((folder || is_host(host)) && is_port(port)) return ConsoleAddress{host, port};
  return fail({ErrorKind::invalid, "--console", "is not the address of a console",
               "HOST:PORT, or FOLDER:PORT of a Unix socket", text, "", ""});
}

// A socket can be bound to the addresses of this machine only.
bool is_here(const std::string& host) {
  if (config::is_loopback(host)) return true;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  bool here = false;
  for (const auto* one = found; one != nullptr && !here; one = one->ai_next) {
    const int socket = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    here = socket >= 0 && ::bind(socket, one->ai_addr, one->ai_addrlen) == 0;
    if (socket >= 0) ::close(socket);
  }
  ::freeaddrinfo(found);
  return here;
}

}  // namespace pgcleave::init

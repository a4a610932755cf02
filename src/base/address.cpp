#include "base/address.h"

#include "base/format.h"

namespace pgcleave {

std::vector<std::string> hosts_of(const std::string& text) {
  std::vector<std::string> hosts;
  std::size_t from = 0;
  for (auto comma = text.find(','); comma != std::string::npos; comma = text.find(',', from)) {
    hosts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  hosts.push_back(text.substr(from));
  return hosts;
}

std::string address_text(const std::string& host, const std::string& port) {
  if (host.empty()) return "(unix socket):" + port;
  std::string text;
  for (const auto& one : hosts_of(host)) {
    if (!text.empty()) text += ',';
    text += one.find(':') == std::string::npos ? one : fmt::format("[{}]", one);
    text += ":" + port;
  }
  return text;
}

std::string address_text(const std::string& host, int port) {
  return address_text(host, std::to_string(port));
}

}  // namespace pgcleave

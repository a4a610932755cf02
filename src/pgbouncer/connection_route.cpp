#include "pgbouncer/connection_route.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr int default_port = 5432;

std::optional<int> port_number(const std::string& text) {
  int port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

const ConnectionPart* part_named(const std::vector<ConnectionPart>& parts, const std::string& key) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.key == key; });
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace

Result<Route> route_in(const std::string& place, const std::vector<ConnectionPart>& parts) {
  Route route{"", default_port};
  if (const auto* host = part_named(parts, "host")) route.host = host->value;
  if (const auto* port = part_named(parts, "port")) {
    const auto number = port_number(port->value);
    if (!number)
      return fail({ErrorKind::invalid, place, "the port is not one", "a number from 1 to 65535", port->value, "", ""});
    route.port = *number;
  }
  return route;
}

Result<void> check_route(const std::string& place, const Route& route) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::any_of(route.host.begin(), route.host.end(), bad)) {
    return fail({ErrorKind::invalid, place, "the new host holds control characters", "an address or a folder",
                 route.host, "", ""});
  }
  if (route.port < 1 || route.port > 65535) {
    return fail({ErrorKind::invalid, place, "the new port is not one", "a number from 1 to 65535",
                 std::to_string(route.port), "", ""});
  }
  return {};
}

// The edits are made from the string's end to its start, so that earlier places stay right.
std::string connection_with(const std::string& text, const std::vector<ConnectionPart>& parts, const Route& route) {
  const auto* host = part_named(parts, "host");
  const auto* port = part_named(parts, "port");
  std::vector<std::pair<Span, std::string>> edits;
  const auto replace = [&](const ConnectionPart& part, const std::string& value) {
    edits.emplace_back(part.place, connection_value(value, text[part.place.begin] == '\''));
  };
  std::string added;
  if (host != nullptr && route.host.empty()) {
    auto span = host->whole;
    while (span.end < text.size() && text[span.end] == ' ') ++span.end;
    edits.emplace_back(span, "");
  } else if (host != nullptr && host->value != route.host) {
    replace(*host, route.host);
  } else if (host == nullptr && !route.host.empty()) {
    added = "host=" + connection_value(route.host, false);
  }
  if (port != nullptr && port_number(port->value) != route.port) replace(*port, std::to_string(route.port));
  if (port == nullptr && route.port != default_port)
    added += fmt::format("{}port={}", added.empty() ? "" : " ", route.port);

  std::sort(edits.begin(), edits.end(), [](const auto& a, const auto& b) { return a.first.begin > b.first.begin; });
  std::string out = text;
  for (const auto& [span, value] : edits) out.replace(span.begin, span.end - span.begin, value);
  if (added.empty()) return out;
  return out.empty() ? added : added + " " + out;
}

}  // namespace pgcleave::pgbouncer

#include "pgbouncer/config_file.h"

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

Result<Route> route_in(const std::string& place, const std::vector<ConnectionPart>& parts) {
  Route route{"", default_port};
  if (const auto* host = part_named(parts, "host")) route.host = host->value;
  if (const auto* port = part_named(parts, "port")) {
    const auto number = port_number(port->value);
    if (!number) return fail({ErrorKind::invalid, place, "the port is not one", "a number from 1 to 65535", port->value, "", ""});
    route.port = *number;
  }
  return route;
}

Result<void> check_route(const std::string& place, const Route& route) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::any_of(route.host.begin(), route.host.end(), bad)) {
    return fail({ErrorKind::invalid, place, "the new host holds control characters", "an address or a folder", route.host, "", ""});
  }
  if (route.port < 1 || route.port > 65535) {
    return fail({ErrorKind::invalid, place, "the new port is not one", "a number from 1 to 65535", std::to_string(route.port), "", ""});
  }
  return {};
}

// Edits of one connection string, made from its end to its start so that earlier places stay right.
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
  if (port == nullptr && route.port != default_port) added += fmt::format("{}port={}", added.empty() ? "" : " ", route.port);

  std::sort(edits.begin(), edits.end(), [](const auto& a, const auto& b) { return a.first.begin > b.first.begin; });
  std::string out = text;
  for (const auto& [span, value] : edits) out.replace(span.begin, span.end - span.begin, value);
  if (added.empty()) return out;
  return out.empty() ? added : added + " " + out;
}

}  // namespace

Result<ConfigFile> ConfigFile::parse(const std::string& path, const std::string& text) {
  ConfigFile file;
  file.path_ = path;
  file.text_ = text;
  TRY_ASSIGN(file.ini_, scan_ini(path, text));
  std::map<std::string, int> seen;
  for (const auto& entry : file.ini_.entries) {
    if (entry.section != "databases") continue;
    const auto [first, fresh] = seen.emplace(entry.key, entry.line);
    if (!fresh) {
      return fail({ErrorKind::invalid, fmt::format("{}:{}", path, entry.line), fmt::format("database {} is given twice", entry.key),
                   "one entry", fmt::format("lines {} and {}", first->second, entry.line),
                   "remove one of them: PgBouncer takes the last in silence", ""});
    }
    TRY(file.parts(entry));
  }
  return file;
}

bool ConfigFile::has_database(const std::string& name) const {
  return entry(name).has_value();
}

Result<const IniEntry*> ConfigFile::entry(const std::string& name) const {
  bool fallback = false;
  for (const auto& entry : ini_.entries) {
    if (entry.section != "databases") continue;
    if (entry.key == name) return &entry;
    fallback = fallback || entry.key == "*";
  }
  Error error{ErrorKind::invalid, path_, fmt::format("has no entry for database {} in [databases]", name), "", "", "", ""};
  if (fallback) {
    error.seen = "only the fallback entry *";
    error.hint = fmt::format("give {} an entry of its own: * may serve other databases too", name);
  }
  if (!ini_.includes.empty()) {
    error.seen += fmt::format("{}%include of {}, which is not followed", error.seen.empty() ? "" : ", ", fmt::join(ini_.includes, ", "));
    if (error.hint.empty()) error.hint = "name the file that holds the entry as this bouncer's config in the environment file";
  }
  return fail(error);
}

Result<std::vector<ConnectionPart>> ConfigFile::parts(const IniEntry& entry) const {
  auto parts = scan_connection(entry.value.of(text_));
  if (!parts) {
    auto error = parts.error();
    error.object = fmt::format("{}:{}", path_, entry.line);
    return fail(error);
  }
  return parts;
}

Result<std::map<std::string, std::string>> ConfigFile::database(const std::string& name) const {
  TRY_ASSIGN(const auto* found, entry(name));
  TRY_ASSIGN(const auto all, parts(*found));
  std::map<std::string, std::string> out;
  for (const auto& part : all) {
    if (!out.emplace(part.key, part.value).second) {
      return fail({ErrorKind::invalid, fmt::format("{}:{}", path_, found->line),
                   fmt::format("database {} is given {} twice", name, part.key), "", "",
                   "remove one of them: PgBouncer takes the last in silence", ""});
    }
  }
  return out;
}

Result<Route> ConfigFile::route(const std::string& name) const {
  TRY(database(name));
  TRY_ASSIGN(const auto* found, entry(name));
  TRY_ASSIGN(const auto all, parts(*found));
  return route_in(fmt::format("{}:{}", path_, found->line), all);
}

Result<bool> ConfigFile::has_own_pool_size(const std::string& name) const {
  TRY_ASSIGN(const auto line, database(name));
  return line.count("pool_size") > 0;
}

std::string ConfigFile::setting(const std::string& key) const {
  std::string value;
  for (const auto& entry : ini_.entries) {
    if (entry.section == "pgbouncer" && entry.key == key) value = entry.value.of(text_);
  }
  return value;
}

std::map<std::string, std::string> ConfigFile::settings() const {
  std::map<std::string, std::string> out;
  for (const auto& entry : ini_.entries) {
    if (entry.section == "pgbouncer") out[entry.key] = entry.value.of(text_);
  }
  return out;
}

bool ConfigFile::includes_others() const {
  return !ini_.includes.empty();
}

Result<std::string> ConfigFile::with_route(const std::string& name, const Route& route) const {
  TRY(database(name));
  TRY_ASSIGN(const auto* found, entry(name));
  TRY(check_route(fmt::format("{}:{}", path_, found->line), route));
  TRY_ASSIGN(const auto all, parts(*found));
  const auto value = found->value;
  return text_.substr(0, value.begin) + connection_with(value.of(text_), all, route) + text_.substr(value.end);
}

Result<std::string> ConfigFile::with_last_lines(const std::vector<std::string>& lines) const {
  const IniEntry* last = nullptr;
  for (const auto& entry : ini_.entries) {
    if (entry.section == "pgbouncer") last = &entry;
  }
  if (last == nullptr) return fail({ErrorKind::invalid, path_, "has no setting in [pgbouncer]", "", "", "", ""});
  const auto line_end = text_.find('\n', last->value.end);
  const auto at = line_end == std::string::npos ? text_.size() : line_end + 1;
  const bool carriage = line_end != std::string::npos && line_end > 0 && text_[line_end - 1] == '\r';
  const std::string end = carriage ? "\r\n" : "\n";
  std::string added = line_end == std::string::npos ? end : "";
  for (const auto& line : lines) added += line + end;
  return text_.substr(0, at) + added + text_.substr(at);
}

const std::string& ConfigFile::text() const {
  return text_;
}

}  // namespace pgcleave::pgbouncer

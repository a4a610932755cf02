#include "pgbouncer/config_file.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/format.h"
#include "pgbouncer/connection_route.h"

namespace pgcleave::pgbouncer {
namespace {

// PgBouncer has no limits here; it would run out of memory.
constexpr int deepest_include = 50;
constexpr std::size_t most_lines = 200'000;

// main.c of 1.18 and 1.26: their default is NULL, so a second header leaves them as they are.
constexpr std::array<std::string_view, 11> without_default{"auth_dbname",
                                                           "auth_file",
                                                           "auth_ident_file",
                                                           "auth_ldap_options",
                                                           "auth_user",
                                                           "client_tls13_ciphers",
                                                           "conffile",
                                                           "service_name",
                                                           "server_tls13_ciphers",
                                                           "user",
                                                           "verbose"};

bool has_default(const std::string& key) {
  return std::find(without_default.begin(), without_default.end(), key) == without_default.end();
}

// "peers" came with 1.19.
bool is_section(const std::string& name) {
  return name == "pgbouncer" || name == "databases" || name == "users" || name == "peers";
}

}  // namespace

// One pass over all files, as PgBouncer makes it.
class ConfigFile::Reader {
 public:
  Reader(ConfigFile& config, const ReadInclude& include) : config_(config), include_(include) {}

  Result<void> read(std::size_t file, int depth) {
    const auto path = config_.files_[file].path;
    TRY_ASSIGN(const auto lines, scan_ini(path, config_.files_[file].text));
    for (const auto& line : lines) {
      const auto wrong = [&](const std::string& what, const std::string& expected, const std::string& seen) {
        return fail(Error{ErrorKind::invalid, fmt::format("{}:{}", path, line.number), what, expected, seen, "", ""});
      };
      if (++lines_ > most_lines)
        return wrong("the files have too many lines", "200000 lines, with all that is included", "more");
      switch (line.kind) {
        case IniLine::Kind::section:
          if (!is_section(line.name))
            return wrong("PgBouncer knows no such section", "[databases], [pgbouncer] or [users]", line.name);
          begin_section(line.name);
          break;
        case IniLine::Kind::include:
          if (depth >= deepest_include)
            return wrong("%include is nested too deep: does a file include itself?", "50 levels", line.name);
          TRY(include(path, line, depth));
          break;
        case IniLine::Kind::entry:
          if (section_.empty())
            return wrong("a setting stands before the first section", "[databases] or [pgbouncer]", line.name);
          config_.entries_.push_back({file, section_, line});
          if (section_ == "databases" && line.name != "*") TRY(config_.parts(config_.entries_.back()));
          break;
      }
    }
    return {};
  }

 private:
  void begin_section(const std::string& name) {
    section_ = name;
    if (name != "pgbouncer") return;
    std::erase_if(config_.entries_,
                  [](const Entry& entry) { return entry.section == "pgbouncer" && has_default(entry.line.name); });
  }

  Result<void> include(const std::string& path, const IniLine& line, int depth) {
    auto& files = config_.files_;
    auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.path == line.name; });
    if (found == files.end()) {
      Error error{ErrorKind::invalid,
                  "",
                  "",
                  "",
                  "",
                  "PgBouncer can't start, and a RELOAD changes nothing, until it is there",
                  ""};
      auto text = include_ ? include_(line.name) : fail(error);
      if (!text) {
        error = text.error();
        error.object = fmt::format("{}:{}", path, line.number);
        error.what =
            fmt::format("%include {} can't be read{}{}", line.name, error.what.empty() ? "" : ": ", error.what);
        return fail(error);
      }
      files.push_back({line.name, std::move(*text)});
      found = files.end() - 1;
    }
    return read(static_cast<std::size_t>(found - files.begin()), depth + 1);
  }

  ConfigFile& config_;
  const ReadInclude& include_;
  std::string section_;  // an included file begins in the one of its %include, and leaves its last
  std::size_t lines_ = 0;
};

Result<ConfigFile> ConfigFile::parse(const std::string& path, const std::string& text, const ReadInclude& include) {
  ConfigFile file;
  file.files_.push_back({path, text});
  TRY(Reader(file, include).read(0, 0));
  return file;
}

std::string ConfigFile::place(const Entry& entry) const {
  return fmt::format("{}:{}", files_[entry.file].path, entry.line.number);
}

bool ConfigFile::has_database(const std::string& name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.section == "databases" && entry.line.name == name; });
}

Result<const ConfigFile::Entry*> ConfigFile::entry(const std::string& name) const {
  const Entry* last = nullptr;
  std::map<std::size_t, int> lines;  // by file
  for (const auto& entry : entries_) {
    if (entry.section != "databases" || entry.line.name != name) continue;
    last = &entry;
    const auto [first, fresh] = lines.emplace(entry.file, entry.line.number);
    if (fresh || first->second == entry.line.number) continue;  // the file may be included twice
    return fail({ErrorKind::invalid, place(entry), fmt::format("database {} is given twice", name),
                 "one entry in a file", fmt::format("lines {} and {}", first->second, entry.line.number),
                 "remove one of them: PgBouncer takes the last in silence", ""});
  }
  if (last != nullptr) return last;
  Error error{ErrorKind::invalid,
              files_.front().path,
              fmt::format("has no entry for database {} in [databases]", name),
              "",
              "",
              "",
              ""};
  if (files_.size() > 1) error.what += fmt::format(", nor have its {} included files", files_.size() - 1);
  if (has_database("*")) {
    error.seen = "only the fallback entry *";
    error.hint = fmt::format("give {} an entry of its own: * may serve other databases too", name);
  }
  return fail(error);
}

Result<std::vector<ConnectionPart>> ConfigFile::parts(const Entry& entry) const {
  auto parts = scan_connection(value_of(entry));
  if (!parts) {
    auto error = parts.error();
    error.object = place(entry);
    error.what = fmt::format("{}, of database {}", error.what, entry.line.name);
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
      return fail({ErrorKind::invalid, place(*found), fmt::format("database {} is given {} twice", name, part.key), "",
                   "", "remove one of them: PgBouncer takes the last in silence", ""});
    }
  }
  return out;
}

Result<std::string> ConfigFile::file_of(const std::string& name) const {
  TRY_ASSIGN(const auto* found, entry(name));
  return files_[found->file].path;
}

Result<std::string> ConfigFile::place_of(const std::string& name) const {
  TRY_ASSIGN(const auto* found, entry(name));
  return place(*found);
}

std::vector<std::string> ConfigFile::places_out_of_force(const std::string& name) const {
  std::vector<std::string> places;
  for (const auto& entry : entries_) {
    if (entry.section == "databases" && entry.line.name == name) places.push_back(place(entry));
  }
  if (places.empty()) return places;
  const auto in_force = places.back();
  places.erase(std::remove(places.begin(), places.end(), in_force), places.end());  // a file may be included twice
  return places;
}

Result<Route> ConfigFile::route(const std::string& name) const {
  TRY(database(name));
  TRY_ASSIGN(const auto* found, entry(name));
  TRY_ASSIGN(const auto all, parts(*found));
  return route_in(place(*found), all);
}

Result<bool> ConfigFile::has_own_pool_size(const std::string& name) const {
  TRY_ASSIGN(const auto line, database(name));
  return line.contains("pool_size");
}

std::string ConfigFile::setting(const std::string& key) const {
  const auto all = settings();
  const auto found = all.find(key);
  return found == all.end() ? "" : found->second;
}

std::map<std::string, std::string> ConfigFile::settings() const {
  std::map<std::string, std::string> out;
  for (const auto& entry : entries_) {
    if (entry.section == "pgbouncer") out[entry.line.name] = value_of(entry);
  }
  return out;
}

std::vector<std::string> ConfigFile::files() const {
  std::vector<std::string> names;
  for (const auto& file : files_) names.push_back(file.path);
  return names;
}

Result<FileText> ConfigFile::with_route(const std::string& name, const Route& route) const {
  TRY(database(name));
  TRY_ASSIGN(const auto* found, entry(name));
  TRY(check_route(place(*found), route));
  TRY_ASSIGN(const auto all, parts(*found));
  const auto value = found->line.value;
  const auto& [path, text] = files_[found->file];
  return FileText{path,
                  text.substr(0, value.begin) + connection_with(value.of(text), all, route) + text.substr(value.end)};
}

// One after another, each in what the one before made of its file.
Result<std::vector<FileText>> ConfigFile::with_routes(const std::vector<std::string>& names, const Route& route) const {
  auto changed = *this;
  for (const auto& name : names) {
    TRY_ASSIGN(const auto next, changed.with_route(name, route));
    const auto include = [&](const std::string& file) -> Result<std::string> {
      return file == next.path ? next.text : changed.text_of(file);
    };
    TRY_ASSIGN(changed, parse(changed.files_.front().path, *include(changed.files_.front().path), include));
  }
  std::vector<FileText> out;
  for (const auto& file : changed.files_) {
    if (file.text != text_of(file.path)) out.push_back(file);
  }
  return out;
}

Result<FileText> ConfigFile::with_lines_behind(const std::string& name, const std::vector<std::string>& lines) const {
  TRY_ASSIGN(const auto* found, entry(name));
  const auto& [path, text] = files_[found->file];
  const auto line_end = text.find('\n', found->line.value.end);
  const auto at = line_end == std::string::npos ? text.size() : line_end + 1;
  const bool carriage = line_end != std::string::npos && line_end > 0 && text[line_end - 1] == '\r';
  const std::string end = carriage ? "\r\n" : "\n";
  std::string added = line_end == std::string::npos ? end : "";
  for (const auto& line : lines) added += line + end;
  return FileText{path, text.substr(0, at) + added + text.substr(at)};
}

std::string ConfigFile::text_of(const std::string& file) const {
  const auto found = std::find_if(files_.begin(), files_.end(), [&](const auto& one) { return one.path == file; });
  return found == files_.end() ? "" : found->text;
}

}  // namespace pgcleave::pgbouncer

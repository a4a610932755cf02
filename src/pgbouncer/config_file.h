// PgBouncer's ini file: comments only at line start (; or #), key = value to the end of line, connection strings with single
// quotes doubled, %include. Everything that is not changed keeps its bytes: comments, order, spacing, line ends.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "pgbouncer/ini.h"

namespace pgcleave::pgbouncer {

struct Route {
  std::string host;
  int port = 0;
  bool operator==(const Route&) const = default;
};

class ConfigFile {
 public:
  // `invalid` with file:line for what PgBouncer would not read either, and for a duplicated database.
  static Result<ConfigFile> parse(const std::string& path, const std::string& text);

  [[nodiscard]] bool has_database(const std::string& name) const;
  // The connection string's parts of [databases] name, in lower-case keys. `invalid` when it isn't in this file: the message
  // says so, and names %include files if there are any, which are not followed.
  [[nodiscard]] Result<std::map<std::string, std::string>> database(const std::string& name) const;
  [[nodiscard]] Result<Route> route(const std::string& name) const;             // port defaults to 5432
  [[nodiscard]] Result<bool> has_own_pool_size(const std::string& name) const;  // its line says pool_size: default_pool_size is not heard
  [[nodiscard]] std::string setting(const std::string& key) const;              // [pgbouncer] section; "" when not set here
  [[nodiscard]] std::map<std::string, std::string> settings() const;            // all of that section
  [[nodiscard]] bool includes_others() const;                                   // %include: what is not set here may be set there

  // The whole text with that database's host and port replaced (added when missing), all else untouched. An empty host means
  // PgBouncer's default, a Unix socket: the key is taken out. Giving back the route that was there restores the bytes, if the
  // entry had both keys.
  [[nodiscard]] Result<std::string> with_route(const std::string& name, const Route& route) const;
  // The whole text with these lines behind the last setting of [pgbouncer], where they win over what stands before. Not at the file's end: a
  // second header puts all settings back to their defaults first (1.18). `invalid` when the file has no setting.
  [[nodiscard]] Result<std::string> with_last_lines(const std::vector<std::string>& lines) const;
  [[nodiscard]] const std::string& text() const;

 private:
  ConfigFile() = default;
  [[nodiscard]] Result<const IniEntry*> entry(const std::string& name) const;
  [[nodiscard]] Result<std::vector<ConnectionPart>> parts(const IniEntry& entry) const;

  std::string path_;
  std::string text_;
  Ini ini_;
};

}  // namespace pgcleave::pgbouncer

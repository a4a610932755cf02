// PgBouncer's configuration: an ini file and what it includes, read as PgBouncer reads it (1.18 to 1.26). Everything
// that is not changed keeps its bytes: comments, order, spacing, line ends.
//
// %include is read in its place, at any depth, and the section stays that of the included file's end. A second
// [pgbouncer] puts every setting back to its default, but those that have none. Of two entries with one name the later
// one is in force, in silence.
#pragma once

#include <functional>
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

struct FileText {
  std::string path;
  std::string text;
  bool operator==(const FileText&) const = default;
};

class ConfigFile {
 public:
  // The text of an included file, by its name as it is written.
  using ReadInclude = std::function<Result<std::string>(const std::string& name)>;
  // `invalid` with file:line for what PgBouncer would not read either. Without `include` every %include is an error.
  static Result<ConfigFile> parse(const std::string& path, const std::string& text,
                                  const ReadInclude& include = nullptr);

  [[nodiscard]] bool has_database(const std::string& name) const;
  // The connection string's parts of the entry of [databases] that is in force. `invalid` when there is none, and when
  // it is given twice in one file: which of the two was meant can't be told.
  [[nodiscard]] Result<std::map<std::string, std::string>> database(const std::string& name) const;
  // Where that entry stands: the file, and path:line for people.
  [[nodiscard]] Result<std::string> file_of(const std::string& name) const;
  [[nodiscard]] Result<std::string> place_of(const std::string& name) const;
  // Where entries of that name stand that a later one puts out of force. Where they name another server, each RELOAD
  // closes all server connections of the pool (measured with 1.18): PgBouncer takes the one, then the other.
  [[nodiscard]] std::vector<std::string> places_out_of_force(const std::string& name) const;
  [[nodiscard]] Result<Route> route(const std::string& name) const;  // port defaults to 5432
  [[nodiscard]] Result<bool> has_own_pool_size(
      const std::string& name) const;  // its line says pool_size: default_pool_size is not heard
  [[nodiscard]] std::string setting(const std::string& key) const;    // [pgbouncer] section; "" when not set
  [[nodiscard]] std::map<std::string, std::string> settings() const;  // all of that section
  // The names of all files, the first one by its path and the others as %include writes them, each once.
  [[nodiscard]] std::vector<std::string> files() const;

  // The file that holds that database's entry with host and port replaced (added when missing), all else untouched. An
  // empty host means PgBouncer's default, a Unix socket: the key is taken out. Giving back the route that was there
  // restores the bytes, if the entry had both keys.
  [[nodiscard]] Result<FileText> with_route(const std::string& name, const Route& route) const;
  // The same for several databases, in as many files as hold their entries. Files that stay as they are are left out.
  [[nodiscard]] Result<std::vector<FileText>> with_routes(const std::vector<std::string>& names,
                                                          const Route& route) const;
  // The file that holds that database's entry with these lines behind it, where they are in [databases] too.
  [[nodiscard]] Result<FileText> with_lines_behind(const std::string& name,
                                                   const std::vector<std::string>& lines) const;
  [[nodiscard]] const std::string& text() const { return files_.front().text; }  // of the first file
  [[nodiscard]] std::string text_of(const std::string& file) const;              // "" for one that was not read

 private:
  class Reader;
  struct Entry {
    std::size_t file = 0;
    std::string section;
    IniLine line;
  };
  ConfigFile() = default;
  [[nodiscard]] Result<const Entry*> entry(const std::string& name) const;
  [[nodiscard]] Result<std::vector<ConnectionPart>> parts(const Entry& entry) const;
  [[nodiscard]] std::string value_of(const Entry& entry) const { return entry.line.value.of(files_[entry.file].text); }
  [[nodiscard]] std::string place(const Entry& entry) const;

  std::vector<FileText> files_;
  std::vector<Entry> entries_;  // of all files, in the order in which PgBouncer reads them
};

}  // namespace pgcleave::pgbouncer

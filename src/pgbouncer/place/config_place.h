// Where a bouncer's config files lie: on this machine, or on another behind a shell that stays open. Paths are as seen
// there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/process.h"

namespace pgcleave::pgbouncer {

class ConfigPlace {
 public:
  explicit ConfigPlace(std::vector<std::string> shell);  // empty means this machine

  Result<void> open(Deadline deadline);  // the shell, where one is needed
  // What a symbolic link stands for: a rename must not replace the link. `invalid` when there is no such file.
  Result<std::string> resolve(const std::string& path, Deadline deadline);
  // Of each: its text, or why it can't be read. One round trip.
  Result<std::vector<Result<std::string>>> read(const std::vector<std::string>& paths, Deadline deadline);
  // Durable when it returns; owner and mode are those of `like`.
  Result<void> write(const std::string& path, const std::string& text, const std::string& like, Deadline deadline);
  // One file takes the other's place: rename and fsync of the folder. One command, no copy.
  Result<void> rename(const std::string& from, const std::string& to, Deadline deadline);
  // The same, and what stood there keeps a second name, inode and all. `failed` where the file system has no hard
  // links.
  Result<void> rename_and_keep(const std::string& from, const std::string& to, const std::string& kept,
                               Deadline deadline);
  Result<void> remove(const std::string& path, Deadline deadline);  // none is fine
  Result<bool> is_there(const std::string& path, Deadline deadline);
  // Why another file could not be renamed to this path, as far as rights tell; "" when nothing stands against it.
  Result<std::string> why_not_writable(const std::string& path, Deadline deadline);
  Result<bool> is_same_file(const std::string& path, const std::string& other,
                            Deadline deadline);  // also through links
  // From where the process that was started with `conffile` opens relative names: PgBouncer does not change its folder
  // (1.18 to 1.26). By its pidfile, or else by its command line. A folder counts in which `conffile` is `config`:
  // several processes may have been started with the same relative name. `not_ready` when it can't be told.
  Result<std::string> working_folder(const std::string& conffile, const std::string& pidfile, const std::string& config,
                                     Deadline deadline);

 private:
  [[nodiscard]] bool local() const { return command_.empty(); }
  Result<std::string> remote(const std::string& object, const std::string& line, Deadline deadline);
  [[nodiscard]] std::string place() const;

  std::vector<std::string> command_;
  std::optional<Shell> shell_;
};

// For files that travel through a shell a line at a time.
std::string base64(const std::string& bytes);
Result<std::string> from_base64(const std::string& text);  // blanks and line ends are skipped

}  // namespace pgcleave::pgbouncer

// The folder in which a bouncer's config file lies: on this machine, or on another behind a shell that stays open.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/process.h"

namespace pgcleave::pgbouncer {

class ConfigPlace {
 public:
  // `config` is the path as seen at the place; `reach` empty means this machine.
  ConfigPlace(std::string config, std::vector<std::string> reach);

  Result<void> open(Deadline deadline);  // the shell, where one is needed; does nothing when it is open
  [[nodiscard]] const std::string& path() const { return config_; }
  [[nodiscard]] std::string staged_path() const { return config_ + ".pgcleave"; }

  Result<std::string> read(Deadline deadline);
  Result<std::optional<std::string>> read_staged(Deadline deadline);  // no value: there is none
  // Durable when it returns; owner and mode are the config file's.
  Result<void> write_staged(const std::string& text, Deadline deadline);
  // The staged file takes the config file's place: rename and fsync of the folder. One command, no copy.
  Result<void> put_staged_in_place(Deadline deadline);
  Result<void> remove_staged(Deadline deadline);  // none is fine

 private:
  [[nodiscard]] bool local() const { return reach_.empty(); }
  Result<std::string> remote(const std::string& line, Deadline deadline);

  std::string config_;
  std::vector<std::string> reach_;
  std::optional<Shell> shell_;
};

// For files that travel through a shell a line at a time.
std::string base64(const std::string& bytes);
Result<std::string> from_base64(const std::string& text);  // blanks and line ends are skipped

}  // namespace pgcleave::pgbouncer

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

  // The shell, where one is needed, and what a symbolic link stands for: a rename must not replace the link. Does nothing when
  // that is known.
  Result<void> open(Deadline deadline);
  [[nodiscard]] const std::string& path() const { return real_.empty() ? config_ : real_; }
  [[nodiscard]] std::string staged_path() const { return path() + ".pgcleave"; }

  Result<std::string> read(Deadline deadline);
  struct Files {
    std::string config;
    std::optional<std::string> staged;  // no value: there is none
  };
  Result<Files> read_both(Deadline deadline);  // one round trip
  // Durable when it returns; owner and mode are the config file's.
  Result<void> write_staged(const std::string& text, Deadline deadline);
  // The staged file takes the config file's place: rename and fsync of the folder. One command, no copy.
  Result<void> put_staged_in_place(Deadline deadline);
  Result<void> remove_staged(Deadline deadline);                           // none is fine

  // A trial: the staged file takes the config file's place, which keeps a second name meanwhile (<config>.pgcleave-kept). The end of it puts
  // back the very file, inode and all. `failed` where the file system has no hard links.
  [[nodiscard]] std::string kept_path() const { return path() + ".pgcleave-kept"; }
  Result<void> begin_trial(Deadline deadline);
  Result<bool> in_trial(Deadline deadline);  // a file is kept, by this process or by one that died
  Result<void> end_trial(Deadline deadline);
  Result<void> forget_kept(Deadline deadline);  // for when somebody has replaced the trial's text since
  // Why put_staged_in_place() could not, as far as rights tell; "" when nothing stands against it.
  Result<std::string> why_not_writable(Deadline deadline);
  Result<bool> is_same_file(const std::string& other, Deadline deadline);  // also through links

 private:
  [[nodiscard]] bool local() const { return reach_.empty(); }
  Result<void> open_shell(Deadline deadline);
  Result<std::string> remote(const std::string& line, Deadline deadline);
  [[nodiscard]] Result<std::vector<std::string>> files_in(const std::string& answer, std::size_t at_least) const;
  [[nodiscard]] std::string place() const;

  std::string config_;
  std::vector<std::string> reach_;
  std::string real_;
  std::optional<Shell> shell_;
};

// For files that travel through a shell a line at a time.
std::string base64(const std::string& bytes);
Result<std::string> from_base64(const std::string& text);  // blanks and line ends are skipped

}  // namespace pgcleave::pgbouncer

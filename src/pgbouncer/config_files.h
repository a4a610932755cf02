// All files of one bouncer's configuration, where they lie, and the next text of those that hold its pools' entries. A
// bouncer's own: not shared between threads.
//
// The next text lies beside its file as <file>.pgcleave. While another text is tried, the file itself is kept as
// <file>.pgcleave-kept; what is to be tried is written as <file>.pgcleave-trial, and renamed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/config_file.h"
#include "pgbouncer/place/config_place.h"

namespace pgcleave::pgbouncer {

class ConfigFiles {
 public:
  // From where relative names of included files are taken; asked once, when there is one.
  using WorkingFolder = std::function<Result<std::string>(ConfigPlace& place)>;
  ConfigFiles(std::string config, std::vector<std::string> shell, WorkingFolder working_folder);

  Result<void> open(Deadline deadline);
  [[nodiscard]] const std::string& path() const { return real_.empty() ? config_ : real_; }  // of the first file
  Result<bool> is_same_file(const std::string& other, Deadline deadline);                    // as the first one
  Result<std::string> why_not_writable(const ConfigFile& file, const std::string& database, Deadline deadline);

  // Of all files. One round trip for those that were there the last time.
  Result<ConfigFile> read(Deadline deadline);

  // What with_routes() has changed, durably beside each file. Other staged files go.
  Result<void> stage(const ConfigFile& file, const std::vector<FileText>& texts, Deadline deadline);
  // Is exactly this staged? `not_ready` when there is nothing, `conflict` when it is another text.
  Result<void> is_staged(const std::vector<FileText>& texts, Deadline deadline);
  Result<void> put_in_place(const std::vector<FileText>& texts, Deadline deadline);
  Result<void> discard(Deadline deadline);

  // A trial of one file: its text takes the file's place, and end_trials() puts the very file back, inode and all.
  Result<void> begin_trial(const FileText& trial, Deadline deadline);
  // Also of a process that died. What somebody else edited meanwhile stays, without the line of `mark` and the one
  // behind it. True when a trial was taken away.
  Result<bool> end_trials(const std::string& mark, Deadline deadline);

 private:
  Result<std::string> real(const std::string& name, Deadline deadline);  // links followed, relative names made absolute
  Result<std::string> staged(const std::string& name, Deadline deadline);

  std::string config_;
  ConfigPlace place_;
  WorkingFolder working_folder_;
  std::string folder_;
  std::string real_;
  std::vector<std::string> known_;            // files() of the last read()
  std::map<std::string, std::string> reals_;  // by name
};

// A trial replaces a bouncer's config file for a moment by a text with this line (config_files.h).

inline constexpr const char* trial_mark =
    "; pgcleave tries whether this file is read; the file without this line and the next one lies beside it";

}  // namespace pgcleave::pgbouncer

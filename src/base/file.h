// Files, with durability said out loud.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace pgcleave {

// The whole file. `invalid` when it can't be opened, is no regular file or is larger than limit_bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit_bytes = 16u << 20);

// Writes path through a temporary file beside it: write, fsync, rename, fsync of the folder. Owner and mode are those
// of `like` if that file exists. A reader sees the old content or the new one, nothing between, also after a power cut.
Result<void> replace_file(const std::string& path, const std::string& content, const std::string& like);

// rename(2) and fsync of the folder. Both paths must be in one file system.
Result<void> rename_durably(const std::string& from, const std::string& to);

Result<void> remove_file(const std::string& path);  // a file that isn't there is fine
bool exists(const std::string& path);

}  // namespace pgcleave

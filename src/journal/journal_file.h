// The file that a journal lives in: creating it, and refusing what is not ours, not whole or not for us. Internal.
#pragma once

#include <string>

#include "journal/database.h"
#include "journal/journal.h"

namespace pgcleave::journal {

// Opens for writing; creates file (0600) and folders (0700) first when there is none.
Result<void> must_exist(const std::string& path);
Result<Database> open_file(const std::string& path, Deadline deadline);
Result<Database> open_file_to_read(const std::string& path, Deadline deadline);

// The formula of the chain, in journal.h.
std::string hash_of(const std::string& previous, const Event& event, const std::string& data);

// Calls for each event with seq > after_seq, in order; checks seq and hash against the event before. `failed` names the
// first that does not fit.
Result<void> check_chain(const Database& database, const std::string& path, std::int64_t after_seq);

}  // namespace pgcleave::journal

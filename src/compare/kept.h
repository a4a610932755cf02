// What a comparison keeps of itself, so that another process goes on where this one died. It lies where the state of
// jobs does (data/job.h), on the side that clients write, and is all that a comparison stores:
//
//   pgcleave.jobs             its row: who is at work (`epoch`, `runner`, `pid`), what a person wants of it (`hold`,
//                             `target_ms`), rows and blocks that lie behind (`walked`, `batches`), differences
//                             (`changed`), the rest of its progress (`cursor`, progress.h), when that was (`moved`)
//   pgcleave.compared_tables  a row per table: how far it is (table_state.h)
//   pgcleave.compared_rows    rows that differed or could not be judged, by their keys
//   pgcleave.compared_before  a row per table that was found the same (table_before.h)
//
// Keys, and names of columns; no value. When all is compared, the row and what hangs on it is removed; compared_before
// stays.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compare/progress.h"
#include "compare/table_state.h"
#include "data/job.h"

namespace pgcleave::compare {

struct Keeping {
  std::string id;          // of its row; with `resume` it may be empty: the newest one
  std::string definition;  // what is compared, in words: with another one it is another comparison
  std::string sides;       // both, for people
  std::string runner;      // for people: "ops@db1"
  bool resume = false;
  bool take_over = false;  // also from a runner that lives
  // The server notices after a while that a dead runner's session is gone.
  Duration patience = std::chrono::seconds(20);
};

struct KeptTable {
  postgres::TableName name;
  TableState state;
  std::vector<std::string> keys;  // of rows that differed or could not be judged, as BlockReader::rows_of() takes them
};

struct Kept {
  data::Lease lease;
  std::vector<KeptTable> tables;  // by name
};

// What is new since it was kept last.
struct Change {
  Progress at;
  std::vector<KeptTable> tables;  // that changed, each with new keys alone
};

// What a person wants of it.
struct Wish {
  bool hold = false;
  std::optional<Duration> target;
};

// Of comparisons that are not over, the newest first; of that definition, unless it is empty. Reads only.
Result<std::vector<std::string>> open_comparisons(postgres::Connection& connection, const std::string& definition,
                                                  Deadline deadline);

// Makes what is missing of the tables above, and claims a new comparison of these tables. After an error the session is
// of no more use.
Result<Kept> begin_keeping(postgres::Connection& primary, const Keeping& keeping,
                           const std::vector<postgres::TableName>& tables,
                           const std::vector<postgres::TableName>& parents, Deadline deadline);
// Claims one that another process began. `invalid` when there is none, or it is another; `held` while a session that
// lives has it.
Result<Kept> resume_keeping(postgres::Connection& primary, const Keeping& keeping, Deadline deadline);

// False, and nothing is kept: the row is gone, or somebody else has claimed it.
Result<bool> keep(postgres::Connection& primary, const data::Lease& lease, const Change& change, Deadline deadline);
// Where the row is gone nobody wants anything. `conflict` when somebody else has claimed it.
Result<Wish> read_wish(postgres::Connection& original, const data::Lease& lease, Deadline deadline);
// It is over. Nothing happens when somebody else has claimed it.
Result<void> remove_kept(postgres::Connection& primary, const data::Lease& lease, Deadline deadline);

}  // namespace pgcleave::compare

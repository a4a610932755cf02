// Compares tables of two servers: blocks of keys, several at a time, each counted and hashed by both servers at once. A
// block that differs is read again when the copy has caught up, then halved until few rows are left, and those are
// settled one by one (settle.h). Beside them their shape is compared (shape/shape.h). Only reads, but for what it keeps
// of itself (kept.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compare/difference.h"
#include "compare/following.h"
#include "compare/kept.h"
#include "compare/pair.h"
#include "compare/progress.h"
#include "compare/settle.h"
#include "compare/shape/shape.h"
#include "data/throttle.h"

namespace pgcleave::compare {

struct Request {
  std::vector<postgres::TableName> tables;   // that hold rows of their own; those that are kept, where it is resumed
  std::vector<postgres::TableName> parents;  // partitioned ones, of which only the shape is compared
  Open original;
  Open copy;
  Labels labels;
  Following following = no_following();
  int jobs = 2;
  Duration block = std::chrono::milliseconds(300);  // that a block is to take
  std::int64_t first_rows = 5000;                   // of a table's first block
  std::int64_t most_rows = 200'000;                 // of any
  std::size_t most_named = 1000;                    // differences of a table; then it is left
  Duration longest{};  // no block is begun after that, and each table says how far it came; zero: no limit
  Patience patience = {};
  std::function<void(const Progress&)> tell = nullptr;  // from any thread, one at a time; each second at least
  std::optional<data::Limits> limits = {};  // of the original's server, for the throttle of jobs; none: flat out
  std::optional<Keeping> keeping = {};      // none: nothing is written, and it can't be resumed
  bool since_last = false;  // blocks that nobody has written since they were found the same are not read (horizon.h)
  std::function<void(const std::string&)> say = nullptr;  // a line for people; from any thread, one at a time
};

struct TableResult {
  postgres::TableName name;
  std::string not_compared;        // why, or why only a part; empty: it was
  std::vector<std::string> shape;  // what differs in its columns
  std::int64_t rows = 0;           // of the original, as each block was read last
  std::int64_t blocks = 0;
  std::int64_t read_again = 0;          // blocks that differed at first
  std::int64_t unchanged = 0;           // blocks that were not read, since nobody has written them since then:
  std::string since;                    // by the earlier comparison of this id; empty: there is none to begin with
  std::string why_whole;                // why there is none, where Request::since_last asks for it
  std::vector<Difference> differences;  // by key
  bool more = false;                    // it was left after most_named
  std::vector<std::string> undecided;   // keys of rows that could not be judged (settle.h)

  [[nodiscard]] bool differs() const { return !shape.empty() || !differences.empty(); }
  [[nodiscard]] bool equal() const { return not_compared.empty() && !differs(); }
  [[nodiscard]] Json json(bool with_values) const;
};

struct Outcome {
  std::vector<TableResult> tables;  // in the order of the request
  ComparedShape shape;              // differs() of a table says nothing of it
  Lsn position;                     // of the original, noted before the first block; 0/0: the copy does not follow
  Duration time{};
  std::string id;     // of what is kept of it; empty: nothing is
  bool ended = true;  // else it can be resumed by its id

  [[nodiscard]] std::size_t differing_tables() const;
  [[nodiscard]] std::size_t differences() const;
  [[nodiscard]] std::size_t not_compared() const;
  [[nodiscard]] std::size_t undecided() const;
  [[nodiscard]] std::int64_t rows() const;
};

// `interrupted` when `patience.stop` was requested; `timed_out` when the copy does not catch up; `invalid`, `held` and
// `conflict` of kept.h; what a server refuses.
Result<Outcome> compare_tables(const Request& request);

}  // namespace pgcleave::compare

// Comparisons of both sides' rows, as the journal keeps them (compare.done, docs/journal.md). Steps do not see the
// journal, so the world is given who keeps one and who reads the last.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/json.h"
#include "base/result.h"

namespace pgcleave::world {

struct TableCompared {
  std::string table;             // in SQL
  std::string not_compared;      // why, or why only a part; empty: it was
  std::int64_t rows = 0;         // of the original
  std::int64_t differences = 0;  // rows that differ
  std::int64_t columns = 0;      // that only one side has, or that have another type there
  bool more = false;             // it was left after so many differences
  std::int64_t undecided = 0;    // rows that could not be judged

  [[nodiscard]] bool differs() const { return differences > 0 || columns > 0 || more; }
  // Each of its rows was judged.
  [[nodiscard]] bool is_whole() const { return not_compared.empty() && !more && undecided == 0; }
};

struct LastComparison {
  std::string run;                // "v-...": by `pgcleave compare`; else the run whose step compared
  std::string step;               // empty: by `pgcleave compare`
  std::string by;                 // user@host
  std::string original;           // label of the side that clients wrote
  std::string copy;               // of the other
  std::string how;                // "target ci follows source main by subscription pgcleave_ci_forward"
  Json servers = Json::object();  // whose rows they are, as run_servers.h has them; a side that is missing: not known
  std::string position;           // of the original, before the first block; empty: nothing carried rows
  std::int64_t began_at_us = 0;   // wall clock
  std::vector<TableCompared> tables;
  std::string passed_by;  // the last run that passed ownership since it began; empty: none
  std::int64_t passed_at_us = 0;

  [[nodiscard]] std::int64_t rows() const;
  [[nodiscard]] std::int64_t differences() const;
  [[nodiscard]] std::int64_t columns() const;
  [[nodiscard]] std::int64_t undecided() const;
  [[nodiscard]] std::int64_t differing() const;   // tables
  [[nodiscard]] std::int64_t incomplete() const;  // tables whose rows were not all judged
  [[nodiscard]] bool counts_all_differences() const;
  [[nodiscard]] Duration age(std::int64_t now_us) const { return Duration(now_us - began_at_us); }
  [[nodiscard]] std::string whose() const;  // "pgcleave compare (v-...)", "run r-..., step compare"
};

// Of an event's data, written at that time. What is missing is empty, as an event of another version may have it.
LastComparison comparison_in(const Json& data, const std::string& run, std::int64_t ended_at_us);

class Comparisons {
 public:
  using Keep = std::function<Result<void>(const Json& data)>;
  using Last = std::function<Result<std::optional<LastComparison>>()>;

  void keep_by(Keep keep) { keep_ = std::move(keep); }
  void read_by(Last last) { last_ = std::move(last); }
  // Nobody keeps it where a plan is made.
  [[nodiscard]] Result<void> keep(const Json& data) const;
  // Of this split, by whomever; none: it was never compared, or nobody can tell. Reads the journal: not to be called
  // while clients wait.
  [[nodiscard]] Result<std::optional<LastComparison>> last() const;

 private:
  Keep keep_;
  Last last_;
};

}  // namespace pgcleave::world

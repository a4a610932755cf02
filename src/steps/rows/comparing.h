// Compares the rows of both sides, in whichever way they are carried: the same for `pgcleave compare` and for a step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "compare/under_way.h"
#include "steps/step.h"

namespace pgcleave::steps {

struct ComparisonAsked {
  std::vector<std::string> tables;  // globs over "schema.table" with * and ?; none: all
  int jobs = 2;
  Duration longest{};  // as compare::Request has it
  const StopFlag* stop = nullptr;
  std::function<void(const std::string&)> begun =
      nullptr;  // how many tables, and how rows are carried; what it waits for
  std::function<void(const compare::Progress&)> told = nullptr;
  Json limits = Json::object();  // over those of the environment (docs/moving-data.md)
  bool any_hour = false;         // not only in those of the environment
  bool flat_out = false;         // whatever they say
  bool since_last = false;       // as compare::Request has it
  // What compare::Keeping has; the definition comes from the sides. None: it can't be resumed, nothing is written.
  std::optional<compare::Keeping> keeping = {};
};

// not_proven: something could not be compared, and no difference was found.
enum class Verdict { same, different, not_proven };
const char* name_of(Verdict verdict);  // as the journal has it

struct Compared {
  compare::Labels labels;  // the original is the side that clients write
  std::string how;         // "target ci follows source main by subscription pgcleave_ci_forward"
  compare::Outcome outcome;
  Json servers = Json::object();  // which databases, as world/run_servers.h has them

  [[nodiscard]] Json json(bool with_values) const;
  [[nodiscard]] Verdict verdict() const;          // of rows, columns and the rest of the shape
  [[nodiscard]] Verdict verdict_of_rows() const;  // and of the columns that they have
};

// What the journal keeps of it (compare.done): without values, and of whom and by whom.
Json evidence_of(const Compared& compared, const config::Environment& environment, const config::Split& split,
                 const std::string& by);

// The moved tables while the target follows by replay or by a link, the side that follows being the copy; the shared
// ones too where no link runs. Sessions of its own; both leaders of `world` are asked. `invalid` when no table has such
// a name, and what compare_tables() returns.
Result<Compared> compare_sides(World& world, const ComparisonAsked& asked);

std::string in_words(const compare::Progress& now);

// Those that are kept on that side and not over, by the id of their row in pgcleave.jobs; the newest first. Reads only.
Result<std::vector<std::string>> open_comparisons(Side& side, Deadline deadline);
// The same of one split, with how far they are. Their `definition` tells how rows are carried, and nothing else.
Result<std::vector<compare::UnderWay>> comparisons_under_way(Side& side, const std::string& split, Deadline deadline);

}  // namespace pgcleave::steps

// Compares the rows of both sides. Changes nothing there; the verdict is kept in the journal as evidence.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "config/environment.h"
#include "config/split.h"

namespace pgcleave::app {

struct CompareAsked {
  std::vector<std::string> tables;  // globs over "schema.table" with * and ?; none: all
  int jobs = 2;
  const StopFlag* stop = nullptr;
  std::function<void(const compare::Progress&)> told = nullptr;
};

// not_proven: something could not be compared, and no difference was found.
enum class Verdict { same, different, not_proven };
const char* name_of(Verdict verdict);  // as the journal has it

struct Compared {
  compare::Labels labels;  // the original is the side that clients write
  std::string how;         // "target ci follows source main by subscription pgcleave_ci_forward"
  compare::Outcome outcome;

  [[nodiscard]] Json json(bool with_values) const;
  [[nodiscard]] Verdict verdict() const;
};

// The moved tables while the target follows by replay or by a link, the side that follows being the copy; the shared
// ones too where no link runs. `invalid` when no table has such a name. Nothing depends on the record: a journal that
// can't be written is only told, on standard error.
Result<Compared> compare_sides(const std::string& journal, const config::Environment& environment,
                               const config::Split& split, const CompareAsked& asked);

}  // namespace pgcleave::app

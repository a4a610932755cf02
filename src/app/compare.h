// Compares the rows of both sides. Changes nothing there; the verdict is kept in the journal as evidence.
#pragma once

#include <string>

#include "config/environment.h"
#include "config/split.h"
#include "steps/rows/comparing.h"

namespace pgcleave::app {

using steps::Compared;
using steps::Verdict;

// How a comparison is kept, so that it can be resumed.
struct KeptAs {
  std::string resume;      // the id of one that is not over, or "last"; empty: a new one
  bool take_over = false;  // also from a runner that lives
  bool nothing = false;    // it is not kept: nothing is written on the servers
};

// steps::compare_sides() of a world of its own. Nothing depends on the record: a journal that can't be written is only
// told, on standard error.
Result<Compared> compare_sides(const std::string& journal, const config::Environment& environment,
                               const config::Split& split, steps::ComparisonAsked asked, const KeptAs& kept);

}  // namespace pgcleave::app

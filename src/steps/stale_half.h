// A split leaves a stale half on each side: the moved tables on the source, the kept ones on the target. What belongs to it is what the
// databases prove (postgres/stale_tables.h), not what a file says today.
#pragma once

#include <string>
#include <vector>

#include "postgres/truncation.h"
#include "steps/step.h"

namespace pgcleave::steps {

// Parameters `on` and `which` of the kinds that are about a stale half.
std::vector<runbook::Parameter> stale_half_parameters();

// `invalid` for a half that is in use: the parameters say it, so nobody is asked.
Result<void> must_be_stale(Context& context);

struct LeftAlone {
  postgres::TableName name;
  std::string why;
};

struct StaleHalf {
  postgres::Proof proof;
  std::vector<postgres::Table> tables;         // all that may belong to it, with whatever hangs together with them
  std::vector<postgres::Truncation> plan;      // of those that are proven to, in the order in which they must be emptied
  std::vector<postgres::TableName> with_rows;  // that the plan empties
  std::vector<LeftAlone> left_alone;           // all others that hold rows or could
};

// As the databases are now. `invalid` for a half that is in use, `not_ready` when they do not tell what was in the split.
Result<StaleHalf> stale_half(Context& context);

// "ci.settings (1000 rows): it came after the split", for each.
Result<std::vector<std::string>> in_words(Context& context, const std::vector<LeftAlone>& left_alone);

// Empty when the target owns the moved tables and the source does not, which is what makes the halves stale. Else what both say.
Result<std::string> not_split(World& world, Deadline deadline);

}  // namespace pgcleave::steps

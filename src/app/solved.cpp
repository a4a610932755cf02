#include "app/solved.h"

#include "app/identity.h"

namespace pgcleave::app {

Result<void> mark_solved(journal::Journal& journal, const engine::RunRecord& run, const std::string& how) {
  if (how.empty())
    return fail({ErrorKind::invalid, "--how", "says nothing", "what the cause was, and what fixed it", "", "", ""});
  TRY(journal.append(run.id, "problem.solved", {{"how", how}, {"by", operator_name()}}, journal::Durability::disk));
  return {};
}

}  // namespace pgcleave::app

#include "cli/session.h"

namespace pgcleave::cli {

Verb run_verb() {
  using Kind = Option::Kind;
  return {
      "run",
      "Run a runbook on an environment: the same code on staging and production.",
      {{"RUNBOOK", Kind::positional, "runbook file, or the name of a shipped one"},
       environment_option(true),
       {"--split", Kind::value, "split file (default: the environment's)"},
       set_option(),
       {"--approve", Kind::list,
        "a gate's step id (STEP=WORDS if it asks for words), approved beforehand; staging only"},
       {"--yes", Kind::flag, "answers the confirmation for production; never an approval"},
       {"--force", Kind::value, "begins on production although the readiness review has blockers; the reason is kept"},
       takeover_option(),
       journal_option(),
       json_option()},
      run_new};
}

}  // namespace pgcleave::cli

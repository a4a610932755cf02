#include "cli/with_run.h"

namespace pgcleave::cli {

Verb rollback_verb() {
  using Kind = Option::Kind;
  return {
      "rollback",
      "Go back: before the point of no return by undoing, after it by the mirrored cutover. No write is lost.",
      {{"RUN", Kind::optional_positional, "run id (default: the run that holds the split)"},
       environment_option(false),
       {"--approve", Kind::list,
        "a gate's step id (STEP=WORDS if it asks for words), approved beforehand; staging only"},
       {"--emergency", Kind::flag,
        "without proofs and questions that may wait: for clients that are not served now; says which it goes without"},
       takeover_option(),
       gone_option(),
       journal_option(),
       json_option()},
      [](const Arguments& arguments) { return run_again(arguments, true); }};
}

}  // namespace pgcleave::cli

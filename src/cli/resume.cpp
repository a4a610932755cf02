#include "cli/with_run.h"

namespace pgcleave::cli {

Verb resume_verb() {
  using Kind = Option::Kind;
  return {"resume",
          "Go on with a run that was stopped, or whose process died, at the step where it stands.",
          {{"RUN", Kind::optional_positional, "run id (default: the one that is not finished)"},
           environment_option(false),
           {"--approve", Kind::list,
            "a gate's step id (STEP=WORDS if it asks for words), approved beforehand; staging only"},
           takeover_option(),
           gone_option(),
           journal_option(),
           json_option()},
          [](const Arguments& arguments) { return run_again(arguments, false); }};
}

}  // namespace pgcleave::cli

#include "cli/asked.h"
#include "cli/with_run.h"

namespace pgcleave::cli {

Verb hold_verb() {
  using Kind = Option::Kind;
  return {"hold",
          "Have the jobs of a run, or a comparison, wait after the batch that is under way. The run itself stays where "
          "it is.",
          {{"RUN", Kind::optional_positional, "run id, or a comparison's (default: the newest run)"},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) { return hold_or_continue(arguments, true); }};
}

}  // namespace pgcleave::cli

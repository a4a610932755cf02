#include "cli/asked.h"
#include "cli/with_run.h"

namespace pgcleave::cli {

Verb continue_verb() {
  using Kind = Option::Kind;
  return {"continue",
          "Let the jobs of a run, or a comparison, go on that were put on hold.",
          {{"RUN", Kind::optional_positional, "run id, or a comparison's (default: the newest run)"},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) { return hold_or_continue(arguments, false); }};
}

}  // namespace pgcleave::cli

#include "app/hold.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/with_run.h"

namespace pgcleave::cli {

Verb continue_verb() {
  using Kind = Option::Kind;
  return {
      "continue",
      "Let the jobs of a run go on that were put on hold.",
      {{"RUN", Kind::optional_positional, "run id (default: the newest)"}, environment_option(false), journal_option()},
      [](const Arguments& arguments) {
        return with_run(arguments, [&](auto&, const auto& run) {
          const auto held = app::hold_jobs(run, files_named(arguments), false);
          return held ? ExitCode::done : complain(held.error());
        });
      }};
}

}  // namespace pgcleave::cli

#include "app/hold.h"

#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/with_run.h"

namespace pgcleave::cli {

Verb hold_verb() {
  using Kind = Option::Kind;
  return {
      "hold",
      "Have the jobs of a run wait, after the batch that is under way. The run itself stays where it is.",
      {{"RUN", Kind::optional_positional, "run id (default: the newest)"}, environment_option(false), journal_option()},
      [](const Arguments& arguments) {
        return with_run(arguments, [&](auto&, const auto& run) {
          const auto held = app::hold_jobs(run, files_named(arguments), true);
          return held ? ExitCode::done : complain(held.error());
        });
      }};
}

}  // namespace pgcleave::cli

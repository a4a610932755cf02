#include "app/hold.h"
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
          [](const Arguments& arguments) {
            const auto files = files_named(arguments);
            return with_jobs(
                arguments, [&](const auto& run) { return app::hold_jobs(run, files, false); },
                [&](const auto& id) { return app::hold_comparisons(files, id, false); });
          }};
}

}  // namespace pgcleave::cli

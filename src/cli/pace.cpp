#include "app/hold.h"
#include "base/units.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/with_run.h"

namespace pgcleave::cli {
namespace {

constexpr const char* as_the_runbook_says = "runbook";

// No value: as the runbook says.
Result<std::optional<Duration>> target_of(const Arguments& arguments) {
  const auto text = arguments.text("target");
  if (text == as_the_runbook_says) return std::optional<Duration>{};
  TRY_ASSIGN(const auto target, parse_duration(text));
  if (target < std::chrono::milliseconds(1))
    return fail({ErrorKind::invalid, "--target", "is too short", "at least 1ms", text, "", ""});
  return std::optional{target};
}

}  // namespace

Verb pace_verb() {
  using Kind = Option::Kind;
  return {"pace",
          "Have the batches of a run's jobs, or the blocks of a comparison, take about so long, from the next one on.",
          {{"RUN", Kind::optional_positional, "run id, or a comparison's (default: the newest run)"},
           {"--target", Kind::value, "how long a batch should take, such as 50ms; runbook: as the runbook says", true},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) {
            const auto target = target_of(arguments);
            if (!target) return complain(target.error());
            const auto files = files_named(arguments);
            return with_jobs(
                arguments, [&](const auto& run) { return app::pace_jobs(run, files, *target); },
                [&](const auto& id) { return app::pace_comparisons(files, id, *target); });
          }};
}

}  // namespace pgcleave::cli

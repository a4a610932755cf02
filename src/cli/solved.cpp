#include "app/sign.h"
#include "base/log.h"
#include "cli/complain.h"
#include "cli/with_run.h"

namespace pgcleave::cli {
namespace {

ExitCode solve(const Arguments& arguments, journal::Journal& journal, const engine::RunRecord& run) {
  if (const auto marked = app::mark_solved(journal, run, arguments.text("how")); !marked)
    return complain(marked.error());
  log::info("run " + run.id + ": its problem is marked as solved");
  return ExitCode::done;
}

}  // namespace

Verb solved_verb() {
  using Kind = Option::Kind;
  return {"solved",
          "Say how a problem that a rehearsal brought up was solved; until then no report says ready.",
          {{"RUN", Kind::positional, "run id of the round"},
           {"--how", Kind::value, "the cause, and what fixed it", true},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) {
            return with_run(arguments, [&](auto& journal, const auto& run) { return solve(arguments, journal, run); });
          }};
}

}  // namespace pgcleave::cli

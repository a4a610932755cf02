#include "app/identity.h"
#include "base/log.h"
#include "cli/complain.h"
#include "cli/with_run.h"

namespace pgcleave::cli {
namespace {

ExitCode solve(const Arguments& arguments, journal::Journal& journal, const engine::RunRecord& run) {
  const auto how = arguments.text("how");
  if (how.empty())
    return complain(
        Error{ErrorKind::invalid, "--how", "says nothing", "what the cause was, and what mended it", "", "", ""});
  const auto written =
      journal.append(run.id, "problem.solved", {{"how", how}, {"by", app::operator_name()}}, journal::Durability::disk);
  if (!written) return complain(written.error());
  log::info("run " + run.id + ": its problem is marked as solved");
  return ExitCode::done;
}

}  // namespace

Verb solved_verb() {
  using Kind = Option::Kind;
  return {"solved",
          "Say how a problem that a rehearsal brought up was solved; until then no report says ready.",
          {{"RUN", Kind::positional, "run id of the round"},
           {"--how", Kind::value, "the cause, and what mended it", true},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) {
            return with_run(arguments, [&](auto& journal, const auto& run) { return solve(arguments, journal, run); });
          }};
}

}  // namespace pgcleave::cli

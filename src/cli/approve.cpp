#include "app/approve.h"

#include "base/log.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/with_run.h"

namespace pgcleave::cli {
namespace {

ExitCode approve(const Arguments& arguments, journal::Journal& journal, const engine::RunRecord& run) {
  const auto step = arguments.text("STEP");
  const auto next = app::approve(journal, run, {step, arguments.text("words"), files_named(arguments)});
  if (!next) return complain(next.error());
  log::info("approved " + step + " of run " + run.id + "; next: " + *next);
  return ExitCode::done;
}

}  // namespace

Verb approve_verb() {
  using Kind = Option::Kind;
  return {"approve",
          "Approve a gate of a run that waits for it.",
          {{"RUN", Kind::positional, "run id"},
           {"STEP", Kind::positional, "the gate's step id"},
           {"--words", Kind::value, "the words that the gate asks for"},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) {
            return with_run(arguments,
                            [&](auto& journal, const auto& run) { return approve(arguments, journal, run); });
          }};
}

}  // namespace pgcleave::cli

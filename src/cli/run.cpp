#include "app/begin.h"
#include "app/change.h"
#include "app/unwritten.h"
#include "base/log.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/talk.h"

namespace pgcleave::cli {
namespace {

ExitCode run(const Arguments& arguments) {
  const auto read = app::read_change(change_named(arguments, arguments.text("RUNBOOK")));
  if (!read.value) return complain(read.problems);
  const auto& change = *read.value;
  const auto approved = arguments.list("approve");
  const auto readiness = app::may_begin(change, approved, arguments.text("force"));
  if (!readiness) return complain(readiness.error());
  if (!confirmed(change.environment, arguments)) return ExitCode::invalid;
  auto journal = journal::Journal::open(change.journal, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto files = files_named(arguments);
  const auto speech = talk(files.again(files.environment));
  const app::Origin origin{"", 0, arguments.flag("takeover"), *readiness};
  const auto acted = app::begin(*journal, change, origin, speech, app::people(*journal, approved));
  if (!acted) return complain(acted.error());
  const auto exit = tell(*acted, arguments.flag("json"));
  if (exit == ExitCode::not_ready) {
    for (const auto& line : app::split_before(*journal, acted->run, speech.again)) log::info(line);
  }
  // The guard comes in only when this process has gone.
  if (!acted->clients_may_wait) app::await_unwritten(*journal, app::patience_with_unwritten);
  return exit;
}

}  // namespace

Verb run_verb() {
  using Kind = Option::Kind;
  return {
      "run",
      "Run a runbook on an environment: the same code on staging and production.",
      {{"RUNBOOK", Kind::positional, "runbook file, or the name of a shipped one"},
       environment_option(true),
       {"--split", Kind::value, "split file (default: the environment's)"},
       set_option(),
       {"--approve", Kind::list,
        "a gate's step id (STEP=WORDS if it asks for words), approved beforehand; staging only"},
       {"--yes", Kind::flag, "answers the confirmation for production; never an approval"},
       {"--force", Kind::value, "begins on production although the readiness review has blockers; the reason is kept"},
       takeover_option(),
       journal_option(),
       json_option()},
      run};
}

}  // namespace pgcleave::cli

#include "cli/with_run.h"

#include "app/hold.h"
#include "app/resume.h"
#include "app/rollback_path.h"
#include "app/unwritten.h"
#include "base/log.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/split_words.h"
#include "cli/talk.h"

namespace pgcleave::cli {

ExitCode with_run(const Arguments& arguments,
                  const std::function<ExitCode(journal::Journal& journal, const engine::RunRecord& run)>& act) {
  const auto path = app::journal_path(files_named(arguments));
  if (!path.value) return complain(path.problems);
  auto journal = journal::Journal::open_existing(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto run = app::find_run(*journal, arguments.text("RUN"));
  if (!run) return complain(run.error());
  return act(*journal, *run);
}

ExitCode with_jobs(const Arguments& arguments, const std::function<Result<void>(const engine::RunRecord& run)>& of_run,
                   const std::function<Result<int>(const std::string& id)>& of_comparisons) {
  const auto path = app::journal_path(files_named(arguments));
  if (!path.value) return complain(path.problems);
  const auto told = [&]() -> Result<void> {
    TRY_ASSIGN(auto journal, journal::Journal::open_existing(*path.value, Deadline::in(std::chrono::seconds(5))));
    TRY_ASSIGN(const auto run, app::find_run(journal, arguments.text("RUN")));
    return of_run(run);
  }();
  if (told) return ExitCode::done;
  if (arguments.text("environment").empty()) return complain(told.error());
  const auto found = of_comparisons(arguments.text("RUN"));
  if (!found) return complain(found.error());
  return *found > 0 ? ExitCode::done : complain(told.error());
}

ExitCode hold_or_continue(const Arguments& arguments, bool hold) {
  const auto files = files_named(arguments);
  return with_jobs(
      arguments, [&](const auto& run) { return app::hold_jobs(run, files, hold); },
      [&](const auto& id) { return app::hold_comparisons(files, id, hold); });
}

ExitCode run_again(const Arguments& arguments, bool back) {
  const auto named = run_named(arguments);
  const auto path = app::journal_path(named.files);
  if (!path.value) return complain(path.problems);
  auto journal = journal::Journal::open_existing(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const app::Asked how{.back = back,
                       .take_over = arguments.flag("takeover"),
                       .emergency = back && arguments.flag("emergency"),
                       .gone = arguments.list("gone")};
  const auto resumed = app::resume(*journal, {named, arguments.list("approve"), how}, talk(""));
  if (!resumed) return complain(resumed.error());
  if (!resumed->acted) {
    log::info(resumed->over);
    return ExitCode::done;
  }
  const auto& acted = *resumed->acted;
  const auto exit = tell(acted, arguments.flag("json"));
  // The reason in the words of `status`.
  if (back && exit == ExitCode::not_ready) {
    if (const auto run = app::find_run(*journal, acted.run))
      warn_of_losses(app::rollback_path_of(*run, named.files.environment));
  }
  if (!acted.clients_may_wait) app::await_unwritten(*journal, app::patience_with_unwritten);
  return exit;
}

}  // namespace pgcleave::cli

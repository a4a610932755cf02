#include "cli/with_run.h"

#include "cli/asked.h"
#include "cli/complain.h"

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

}  // namespace pgcleave::cli

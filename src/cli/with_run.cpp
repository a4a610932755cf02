#include "cli/with_run.h"

namespace pgcleave::cli {

ExitCode with_run(const Arguments& arguments,
                  const std::function<ExitCode(journal::Journal& journal, const engine::RunRecord& run)>& act) {
  const auto path = journal_path(arguments);
  if (!path) return ExitCode::invalid;
  auto journal = journal::Journal::open_existing(*path, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto run = find_run(*journal, arguments.text("RUN"));
  if (!run) return complain(run.error());
  return act(*journal, *run);
}

}  // namespace pgcleave::cli

#include <iostream>

#include "app/meant_run.h"
#include "app/rehearsal.h"
#include "base/fields.h"
#include "base/format.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/rounds.h"

namespace pgcleave::cli {
namespace {

engine::WindowRecord window_of(const engine::RunRecord& run, runbook::PhaseKind kind) {
  const auto window = run.windows.find(kind);
  return window == run.windows.end() ? engine::WindowRecord{} : window->second;
}

// Nothing where nothing was measured.
std::string milliseconds_or_blank(double ms) {
  return ms > 0 ? fmt::format("{:.1f}", ms) : "";
}

Json figure(double ms) {
  return ms > 0 ? Json(ms) : Json();
}

ExitCode list(const Arguments& arguments) {
  const auto path = app::journal_path(files_named(arguments));
  if (!path.value) return complain(path.problems);
  const auto journal = journal::Journal::open_to_read(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  if (const auto rehearsal = arguments.text("rehearsal"); !rehearsal.empty()) {
    const auto rounds = app::rounds_of(*journal, rehearsal);
    if (!rounds) return complain(rounds.error());
    if (arguments.flag("json")) std::cout << to_text(cli::json_of(*rounds), 2) << "\n";
    if (!arguments.flag("json")) cli::print(*rounds);
    return ExitCode::done;
  }
  const auto runs = app::all_runs(*journal);
  if (!runs) return complain(runs.error());
  Json rows = Json::array();
  if (!arguments.flag("json"))
    std::cout << fmt::format("{:<28} {:<22} {:<12} {:<10} {:<24} {:>10} {:>10} {:>10} {:>10}\n", "run", "runbook",
                             "environment", "split", "state", "pause ms", "outage ms", "back ms", "outage ms");
  for (const auto& run : *runs) {
    const auto split = text_in(run.begun, "split_name");
    // The lock is the split's: only its newest open run can be the one that lives.
    const auto forth = window_of(run, runbook::PhaseKind::window);
    const auto back = window_of(run, runbook::PhaseKind::rollback_window);
    const bool alive = !run.finished && journal::SplitLock::is_held(*path.value, split);
    if (arguments.flag("json")) {
      rows.push_back({{"run", run.id},
                      {"runbook", text_in(run.begun, "name")},
                      {"sha256", text_in(run.begun, "sha256")},
                      {"environment", text_in(run.begun, "environment_name")},
                      {"split", split},
                      {"state", run.state(alive)},
                      {"serves", engine::name_or_nothing(run.serves)},
                      {"exit", run.exit},
                      {"pause_ms", figure(forth.pause_ms)},
                      {"outage_ms", figure(forth.outage_ms)},
                      {"mean_outage_ms", figure(forth.mean_outage_ms)},
                      {"rollback_pause_ms", figure(back.pause_ms)},
                      {"rollback_outage_ms", figure(back.outage_ms)},
                      {"rollback_mean_outage_ms", figure(back.mean_outage_ms)}});
      continue;
    }
    std::cout << fmt::format("{:<28} {:<22} {:<12} {:<10} {:<24} {:>10} {:>10} {:>10} {:>10}\n", printable(run.id),
                             printable(text_in(run.begun, "name")), printable(text_in(run.begun, "environment_name")),
                             printable(split), printable(run.state(alive)), milliseconds_or_blank(forth.pause_ms),
                             milliseconds_or_blank(forth.outage_ms), milliseconds_or_blank(back.pause_ms),
                             milliseconds_or_blank(back.outage_ms));
  }
  if (arguments.flag("json")) std::cout << to_text(rows, 2) << "\n";
  return ExitCode::done;
}

}  // namespace

Verb runs_verb() {
  return {"runs",
          "List the runs of a journal, newest first, or compare the rounds of a rehearsal.",
          {{"--rehearsal", Option::Kind::value, "its rounds side by side: an id, or last"},
           environment_option(false),
           journal_option(),
           json_option()},
          list};
}

}  // namespace pgcleave::cli

#include "app/monitored.h"

#include <algorithm>

#include "app/acted.h"
#include "app/same_environment.h"
#include "base/format.h"
#include "base/units.h"
#include "engine/run_result.h"

namespace pgcleave::app {
namespace {

using engine::ExitCode;
using engine::RunRecord;

std::string since(std::int64_t at_us, std::int64_t now_us) {
  return to_text(std::chrono::duration_cast<Duration>(
      std::chrono::seconds(std::max<std::int64_t>(0, now_us - at_us) / std::int64_t{1'000'000})));
}

Monitored at_work(const RunRecord& run, std::int64_t now_us) {
  Monitored told;
  told.text = fmt::format("run {} is {}, in phase {}", run.id, run.state(true), engine::name_or_nothing(run.phase));
  const auto* window = run.open_window();
  if (window == nullptr || window->paused_at_us == 0 || window->resumed_at_us != 0) return told;
  const double waited_ms = static_cast<double>(now_us - window->paused_at_us) / 1000;
  if (waited_ms > window->budget_ms) told.alert = Alert::critical;
  told.text += fmt::format("; clients have waited for {:.0f} ms of {:.0f}", waited_ms, window->budget_ms);
  return told;
}

bool needs_person(const RunRecord& run) {
  return run.exit == static_cast<int>(ExitCode::needs_person) || run.exit == static_cast<int>(ExitCode::past_no_return);
}

// Nobody is at work on it.
Monitored unfinished(const RunRecord& run, std::int64_t now_us, const std::string& again) {
  Monitored told;
  const auto next = engine::next_command(run, again);
  if (leaves_clients_waiting(run)) {
    told.alert = Alert::critical;
    told.text =
        fmt::format("run {} has not closed its window, and no process is at work on it: clients may wait", run.id);
  } else if (run.finished && needs_person(run)) {
    told.alert = Alert::critical;
    told.text = fmt::format("run {} needs a person", run.id);
  } else if (!run.waiting_for.empty()) {
    told.alert = Alert::warning;
    told.text = fmt::format("run {} waits for the approval of {}", run.id, run.waiting_for);
  } else {
    told.alert = Alert::warning;
    told.text = fmt::format("run {} is not over, and no process is at work on it: {}", run.id, run.state(false));
  }
  told.text += fmt::format(", since {}", since(run.last_at_us, now_us));
  if (!next.empty()) told.text += "; next: " + next;
  return told;
}

Monitored judged(const engine::SplitRuns& split, bool alive, std::int64_t now_us, const std::string& again) {
  const auto& run = monitored_run(split);
  if (alive) return at_work(run, now_us);
  if (!split.unfinished.empty() || leaves_clients_waiting(run)) return unfinished(run, now_us, again);
  Monitored told;
  told.text = split.split_by != nullptr
                  ? fmt::format("run {} split it {} ago", split.split_by->id, since(split.split_by->last_at_us, now_us))
                  : fmt::format("no run is open; the last, {}, is {}", run.id, run.state(false));
  return told;
}

}  // namespace

const char* name_of(Alert alert) {
  switch (alert) {
    case Alert::ok: return "ok";
    case Alert::warning: return "warning";
    case Alert::critical: return "critical";
    case Alert::unknown: break;
  }
  return "unknown";
}

const engine::RunRecord& monitored_run(const engine::SplitRuns& split) {
  return split.unfinished.empty() ? *split.all.front() : *split.unfinished.front();
}

Json Monitored::json() const {
  return {{"split", split}, {"environment", environment}, {"alert", name_of(alert)}, {"text", text}};
}

Monitored monitored(const engine::SplitRuns& split, bool alive, std::int64_t now_us, const std::string& again) {
  auto told = judged(split, alive, now_us, again);
  told.split = split.split;
  told.environment = split.environment;
  return told;
}

Result<std::vector<Monitored>> monitored(const journal::Journal& journal, const RunNamed& named) {
  TRY_ASSIGN(const auto runs, journal_runs(journal, named));
  std::vector<Monitored> all;
  for (const auto& split : runs.splits) {
    const auto again = named.files.again(environment_file_of(*split.all.front(), named.files.environment));
    all.push_back(monitored(split, journal::SplitLock::is_held(journal.path(), split.split), utc_now_us(), again));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.alert > b.alert; });
  return all;
}

}  // namespace pgcleave::app

#include "app/metrics.h"

#include <algorithm>
#include <map>

#include "app/monitored.h"
#include "base/exposition.h"
#include "base/fields.h"
#include "base/version.h"
#include "readiness/last_comparison.h"

namespace pgcleave::app {
namespace {

using engine::RunRecord;
using Labels = Exposition::Labels;

double seconds(double ms) {
  return ms / 1000;
}

double seconds_at(std::int64_t at_us) {
  return static_cast<double>(at_us) / 1e6;
}

class SplitMetrics {
 public:
  SplitMetrics(Exposition& out, const engine::SplitRuns& split, std::int64_t now_us)
      : out_(out),
        now_us_(now_us),
        run_(monitored_run(split)),
        split_{{"split", split.split}, {"environment", split.environment}},
        of_run_(with(split_, {{"run", run_.id}})) {}

  void run(const Monitored& told, bool alive) {
    add("alert", "As `pgcleave status --check`: 0 ok, 1 warning, 2 critical, 3 unknown.", split_,
        static_cast<double>(told.alert));
    add("process_alive", "1: a process acts on the split.", split_, alive ? 1 : 0);
    add("run_info", "1 of the run that is not over, else of the newest, by its state.",
        with(of_run_, {{"runbook", text_in(run_.begun, "name")},
                       {"class", text_in(run_.begun, "class")},
                       {"phase", engine::name_or_nothing(run_.phase)},
                       {"state", run_.state(alive)}}),
        1);
    add("run_begun_timestamp_seconds", "When the run began, by its host's clock.", of_run_,
        seconds_at(run_.begun_at_us));
    add("run_last_event_timestamp_seconds", "When the run wrote into its journal last.", of_run_,
        seconds_at(run_.last_at_us));
    if (run_.finished)
      add("run_exit_code", "With which the run ended last (pgcleave help exit-codes).", of_run_, run_.exit);
    add("run_waits_for_approval", "1: a gate of the run waits for somebody.",
        with(of_run_, {{"step", run_.waiting_for}}), run_.waiting_for.empty() ? 0 : 1);
    add("run_misses", "Checks and budgets that the run missed.", of_run_, static_cast<double>(run_.misses.size()));
    if (run_.serves)
      add("serves_info", "1, by who served when the run ended last: source, target, both, nobody or unknown.",
          with(of_run_, {{"serves", name_of(*run_.serves)}}), 1);
  }

  void windows() {
    for (const auto& [phase, window] : run_.windows) {
      const auto labels = with(of_run_, {{"window", name_of(phase)}});
      add("window_open", "1: the window was entered and not left.", labels, window.open ? 1 : 0);
      add("window_taken", "1: ownership passed in it.", labels, window.taken ? 1 : 0);
      add("window_budget_seconds", "How long clients may wait.", labels, seconds(window.budget_ms));
      const auto pause = pause_of(window);
      add("window_pause_seconds", "How long clients waited, or have waited until now.", labels, pause);
      add("window_budget_left_seconds", "The budget without that; negative: it was missed.", labels,
          seconds(window.budget_ms) - pause);
      if (window.watched)
        add("window_outage_seconds", "Until the last client of a bouncer was served again, as the prober saw it.",
            labels, seconds(window.outage_ms));
      if (window.outcome)
        add("window_outcome_info", "1, by how the window ended.",
            with(labels, {{"outcome", journal::name_of(*window.outcome)}}), 1);
    }
  }

  void steps() {
    std::map<std::string, int> by_status;
    for (const auto& [id, step] : run_.steps) {
      ++by_status[engine::name_of(step.status)];
      const auto labels = with(of_run_, {{"step", id}});
      if (step.status == engine::StepStatus::done)
        add("step_duration_seconds", "How long a step that is done took.",
            with(labels, {{"uses", step.uses}, {"phase", engine::name_or_nothing(step.phase)}}), seconds(step.ms));
      if (const auto lag = step.outputs.find("lag_bytes"); lag != step.outputs.end() && lag->is_number())
        add("lag_bytes", "WAL that was not replayed or applied yet, as a step of the run saw it last.", labels,
            lag->get<double>());
      findings(step, labels);
    }
    for (const auto& [status, count] : by_status)
      add("run_steps", "Steps of the run, by what came of them.", with(of_run_, {{"status", status}}), count);
  }

  void comparison(const readiness::LastComparison& last) {
    add("comparison_begun_timestamp_seconds", "When both sides' rows were compared last.", split_,
        seconds_at(last.began_at_us));
    add("comparison_rows", "Rows that were compared then.", split_, static_cast<double>(last.rows()));
    add("comparison_differences", "Rows that differed then.", split_, static_cast<double>(last.differences()));
    add("comparison_differing_tables", "Tables that differed then, in rows or columns.", split_,
        static_cast<double>(last.differing()));
    add("comparison_incomplete_tables", "Tables of which not each row was judged then.", split_,
        static_cast<double>(last.incomplete()));
  }

 private:
  static Labels with(Labels labels, const Labels& more) {
    labels.insert(labels.end(), more.begin(), more.end());
    return labels;
  }
  void add(const std::string& name, const std::string& help, const Labels& labels, double value) {
    out_.add("pgcleave_" + name, help, labels, value);
  }

  void findings(const engine::StepRecord& step, const Labels& labels) {
    for (const auto* severity : {"blockers", "warnings", "notes"}) {
      const auto count = step.outputs.find(severity);
      if (count == step.outputs.end() || !count->is_number()) continue;
      add("findings", "What a check of the run found last, by severity.", with(labels, {{"severity", severity}}),
          count->get<double>());
    }
  }

  [[nodiscard]] double pause_of(const engine::WindowRecord& window) const {
    if (window.pause_ms > 0) return seconds(window.pause_ms);
    if (!window.open || window.paused_at_us == 0 || window.resumed_at_us != 0) return 0;
    return std::max(0.0, seconds_at(now_us_ - window.paused_at_us));
  }

  Exposition& out_;
  std::int64_t now_us_;
  const RunRecord& run_;
  Labels split_;
  Labels of_run_;
};

void begin(Exposition& out) {
  out.add("pgcleave_info", "1, by the version of the program that tells these.", {{"version", version()}}, 1);
}

}  // namespace

Result<std::string> metrics(const journal::Journal& journal, const RunNamed& named, std::int64_t now_us) {
  TRY_ASSIGN(const auto runs, journal_runs(journal, named));
  Exposition out;
  begin(out);
  for (const auto& split : runs.splits) {
    SplitMetrics told(out, split, now_us);
    const bool alive = journal::SplitLock::is_held(journal.path(), split.split);
    told.run(monitored(split, alive, now_us, ""), alive);
    told.windows();
    told.steps();
    TRY_ASSIGN(const auto last, readiness::last_comparison(journal, split.split, split.environment));
    if (last) told.comparison(*last);
  }
  return out.text();
}

std::string metrics_of_no_run() {
  Exposition out;
  begin(out);
  return out.text();
}

}  // namespace pgcleave::app

// A run as a report tells it: what ran when, what clients waited for, who decided, what went wrong. Built from its
// events alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/record.h"
#include "journal/journal.h"
#include "report/watched.h"
#include "runbook/phase_kind.h"

namespace pgcleave::report {

// How a step ended, in the words of a report.
enum class StepOutcome { done, found_done, skipped, waiting, failed, undone, undo_failed };
const char* name_of(StepOutcome outcome);

// Milliseconds since the run began, on the machine's monotonic clock within one process and on the wall clock between
// processes.
struct StepTime {
  std::string id;
  std::string uses;
  std::optional<runbook::PhaseKind> phase;
  double from_ms = 0;
  double to_ms = 0;
  double ms = 0;  // as the journal says; for a look only, how long that took
  StepOutcome outcome = StepOutcome::done;
  std::string note;     // evidence or error
  bool person = false;  // waits for one
  [[nodiscard]] bool back() const;
  [[nodiscard]] bool in_window() const;
  [[nodiscard]] bool is_done() const { return outcome == StepOutcome::done || outcome == StepOutcome::found_done; }
  [[nodiscard]] bool went_wrong() const;
};

struct WindowStory {
  std::optional<runbook::PhaseKind> phase;
  int attempt = 1;
  double entered_ms = 0;
  double left_ms = 0;
  std::optional<journal::WindowOutcome> outcome;  // no value: it was never left
  double budget_ms = 0;
  double undo_reserve_ms = 0;
  std::optional<double> paused_ms;  // since the run began
  std::optional<double> resumed_ms;
  std::int64_t paused_at_us = 0;
  std::optional<Watched> watched;
  [[nodiscard]] bool back() const;
  [[nodiscard]] double pause_ms() const { return paused_ms && resumed_ms ? *resumed_ms - *paused_ms : 0; }
};

struct Decision {
  std::string step;
  std::string asked;
  std::string by;
  std::string how;
  std::string words;
  std::int64_t at_us = 0;
};

struct Mishap {
  std::int64_t at_us = 0;
  std::string where;  // step or phase
  std::string kind;   // "check missed", "step failed", "effect unknown", "undo failed"
  std::string text;
  bool only_missed = false;  // the run went on all the same
};

struct LagReading {
  double at_ms = 0;
  std::string step;
  double bytes = 0;
};

// One process that worked on the run.
struct Process {
  std::int64_t at_us = 0;
  std::string what;  // "began", "resumed", "rolled back"
  std::string who;
  std::string host;
};

struct RunStory {
  engine::RunRecord record;
  std::vector<StepTime> steps;
  std::vector<WindowStory> windows;
  std::vector<Decision> decisions;
  std::vector<Mishap> mishaps;
  std::vector<LagReading> lags;
  std::vector<Process> processes;
  std::string ending;  // in the run's own words
  double end_ms = 0;
  double back_from_ms = -1;  // when the rollback began; below zero: never
  std::int64_t last_seq = 0;
  std::string last_hash;
  // The last one of that phase that was entered; null: none.
  [[nodiscard]] const WindowStory* window(runbook::PhaseKind kind) const;
  [[nodiscard]] bool went_back() const { return back_from_ms >= 0; }
};

RunStory tell(const std::vector<journal::Event>& events);

}  // namespace pgcleave::report

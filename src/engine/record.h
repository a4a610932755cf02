// A run as its events tell it. The live run and a later reader use the same code: every event goes through apply().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/direction.h"
#include "journal/journal.h"
#include "journal/words/outcomes.h"
#include "world/serving.h"

namespace pgcleave::engine {

// The journal's own words for a step's outputs, and for a step that was applied already. An older program reads them by
// these names, so they stay.
constexpr const char* outputs_field = "facts";
constexpr const char* already_applied_event = "step.adopted";

enum class StepStatus { untouched, begun, done, already_applied, skipped, waiting, failed, undone, undo_failed };
const char* name_of(StepStatus status);

// The condition, in the journal, of a step that was skipped for it.
constexpr auto left_out_by_emergency = "rollback --emergency";

struct StepRecord {
  StepStatus status = StepStatus::untouched;
  std::string uses;
  std::optional<runbook::PhaseKind> phase;  // no value: another version wrote the journal. The same below
  Json with = Json::object();
  Json before = Json::object();
  Json outputs = Json::object();
  std::string note;     // evidence or error
  bool spared = false;  // skipped by `rollback --emergency`
  double ms = 0;
  int intents = 0;     // how often it was begun
  int effects = 0;     // of those announced, not those that were refused: what it changed, or may have changed
  int unanswered = 0;  // of those, the ones whose end nobody knows
  // Something that it sent may still arrive: an effect, or one of several requests of an effect, whose output tells of
  // them.
  [[nodiscard]] bool is_in_doubt() const;
  // Forward where the phase is not known.
  [[nodiscard]] Direction direction() const { return phase ? direction_of(*phase) : Direction::forward; }
  // By this run, or found done.
  [[nodiscard]] bool is_done() const { return status == StepStatus::done || status == StepStatus::already_applied; }
  std::int64_t effect_at_us = 0;  // wall clock of the last effect's announcement or end
};

struct WindowRecord {
  runbook::PhaseKind phase = runbook::PhaseKind::window;
  bool open = false;                              // entered and not left
  bool taken = false;                             // ownership was given inside it
  std::int64_t taken_at_us = 0;                   // wall clock
  std::optional<journal::WindowOutcome> outcome;  // no value: not left
  double budget_ms = 0;
  double cpu_ms = 0;              // that the tool's own process used in it; 0: not known
  double pause_ms = 0;            // from the first PAUSE sent until the last RESUME answered; 0 when it has not ended
  std::int64_t paused_at_us = 0;  // wall clock, 0: not yet
  std::int64_t resumed_at_us = 0;
  std::int64_t pause_mono_us = 0;
  bool watched = false;           // what clients saw was measured
  double outage_ms = 0;           // until the last client of a bouncer was served again
  double mean_outage_ms = 0;      // over all clients; 0: not known
  Json leaders = Json::object();  // by side, when it was entered: member, timeline, standby
  // By step, as seen when it was entered: what undo needs should the steps' own records be lost.
  Json before = Json::object();
  [[nodiscard]] bool is_done() const { return outcome == journal::WindowOutcome::done; }
};

struct Approved {
  std::string by;
  std::string how;
  std::string words;  // "" where none were asked for
  std::int64_t at_us = 0;
};

struct RunRecord {
  std::string id;
  Json begun = Json::object();  // data of run.begun
  std::int64_t begun_at_us = 0;
  std::int64_t last_at_us = 0;
  std::map<std::string, StepRecord> steps;
  std::vector<std::string> order;  // step ids by last intent, oldest first
  std::map<runbook::PhaseKind, WindowRecord> windows;
  std::map<std::string, Approved> approvals;  // by step, the last one
  std::optional<runbook::PhaseKind> phase;    // the one begun last
  std::string waiting_for;                    // step id of a gate that waits
  std::int64_t waiting_since_us = 0;          // wall clock
  std::map<std::string, std::string> asked;   // by step: the words that it asked for last, of those that did
  bool rolling_back = false;
  bool went_all_the_way = false;  // forward, at some time
  bool finished = false;
  std::optional<journal::RunOutcome> outcome;  // how it ended last; no value: it has not, or see above
  int exit = -1;
  std::optional<world::Serving> serves;  // who served when it ended last
  std::vector<std::string> misses;       // checks and budgets that were missed
  int pid = 0;
  int epoch = 1;  // the highest that it signed with
  int windows_entered = 0;
  std::set<std::string> gone;  // bouncers that are out of service since
  bool emergency = false;      // its rollback goes without proofs

  [[nodiscard]] Direction direction() const { return rolling_back ? Direction::back : Direction::forward; }
  void apply(const journal::Event& event);
  [[nodiscard]] const WindowRecord* open_window() const;
  [[nodiscard]] bool has_taken(runbook::PhaseKind window) const;
  // One word for people: running, waiting, interrupted, stopped, done, undone, rolled back. `alive`: a process holds
  // the split.
  [[nodiscard]] std::string state(bool alive) const;
  // May it be resumed or rolled back, so that no other run may begin on its split?
  [[nodiscard]] bool is_open() const;
};

// For the journal and for people; "" where there is no value.
template <class T>
std::string name_or_nothing(const std::optional<T>& it) {
  return it ? name_of(*it) : "";
}

RunRecord replay(const std::vector<journal::Event>& events);

// The words with which a person approves this step; "" where it asked for none, or has not asked yet.
std::string words_asked_for(const RunRecord& run, const std::string& step);

// What to type next about a run that no process works on; "" when nothing is left. `rest`: what the command needs
// besides the run's id.
std::string next_command(const RunRecord& run, const std::string& rest);

}  // namespace pgcleave::engine

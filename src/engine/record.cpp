#include "engine/record.h"

#include <algorithm>

#include "base/fields.h"
#include "base/lines.h"
#include "engine/undoer.h"
#include "world/effects.h"

namespace pgcleave::engine {
namespace {

void begin_step(RunRecord& run, const Json& data) {
  const auto id = text_in(data, "step");
  auto& step = run.steps[id];
  step.status = StepStatus::begun;
  step.uses = text_in(data, "uses");
  step.phase = run.phase;
  step.with = object_in(data, "with");
  step.before = object_in(data, "before");
  step.note.clear();
  ++step.intents;
  // Nobody knows what it sent.
  if (truth_in(data, "records_lost")) ++step.unanswered;
  run.order.erase(std::remove(run.order.begin(), run.order.end(), id), run.order.end());
  run.order.push_back(id);
}

// The pause that clients see: from the first PAUSE announced to the last RESUME answered, by the machine's monotonic
// clock.
void follow_pause(RunRecord& run, const journal::Event& event) {
  if (!run.phase) return;
  auto window = run.windows.find(*run.phase);
  if (window == run.windows.end()) return;
  auto& seen = window->second;
  const auto traffic = world::traffic_named(text_in(event.data, "traffic"));
  if (event.type == "effect.announced" && traffic == world::Traffic::pause && seen.paused_at_us == 0) {
    seen.paused_at_us = event.at_us;
    seen.pause_mono_us = event.mono_us;
  }
  if (event.type == "effect.done" && traffic == world::Traffic::resume && seen.paused_at_us != 0 &&
      seen.resumed_at_us == 0 &&
      journal::effect_outcome(text_in(event.data, "outcome")) == journal::EffectOutcome::ok) {
    seen.resumed_at_us = event.at_us;
    seen.pause_ms = (static_cast<double>(event.mono_us) - static_cast<double>(seen.pause_mono_us)) / 1000;
  }
}

// An effect that nobody reported the end of may have been made.
void follow_effect(RunRecord& run, const journal::Event& event) {
  const auto step = run.steps.find(text_in(event.data, "step"));
  if (step == run.steps.end() || truth_in(event.data, "undo")) return;
  step->second.effect_at_us = event.at_us;
  const auto outcome = journal::effect_outcome(text_in(event.data, "outcome"));
  if (event.type == "effect.announced") {
    ++step->second.effects;
    ++step->second.unanswered;
  } else if (event.type == "effect.done") {
    if (outcome == journal::EffectOutcome::failed) --step->second.effects;
    if (outcome != journal::EffectOutcome::unknown) --step->second.unanswered;
    // Of several requests one may still arrive. The step tells it with its outputs, unless its process dies before
    // that.
    const int late = small_in(object_in(event.data, "result"), "unanswered");
    if (late > 0) step->second.outputs["unanswered"] = late;
  }
}

void follow_window(RunRecord& run, const journal::Event& event) {
  const auto phase = runbook::phase_named(text_in(event.data, "phase"));
  if (!phase) return;
  auto& window = run.windows[*phase];
  if (event.type == "window.entered") {
    window = WindowRecord{};
    window.phase = *phase;
    window.open = true;
    window.budget_ms = number_in(event.data, "budget_ms");
    window.leaders = object_in(event.data, "leaders");
    for (const auto& step : list_in(event.data, "steps"))
      window.before[text_in(step, "step")] = object_in(step, "before");
    ++run.windows_entered;
    // A window that is entered again begins anew: what an earlier try did was undone, its outputs are stale.
    for (auto& [id, step] : run.steps) {
      if (step.phase == phase) step = StepRecord{};
    }
  } else if (event.type == "window.taken") {
    window.taken = true;
    window.taken_at_us = event.at_us;
  } else if (event.type == "window.left") {
    window.open = false;
    window.outcome = journal::window_outcome(text_in(event.data, "outcome"));
    window.cpu_ms = number_in(event.data, "cpu_ms");
  } else if (event.type == "window.failover") {
    run.misses.push_back(one_line(text_in(event.data, "text")));
  } else if (event.type == "window.watched") {
    window.watched = event.data.contains("outage_ms");
    window.outage_ms = number_in(event.data, "outage_ms");
    window.mean_outage_ms = number_in(event.data, "mean_outage_ms");
  }
}

void follow_step(RunRecord& run, const journal::Event& event) {
  const auto& data = event.data;
  auto& step = run.steps[text_in(data, "step")];
  if (event.type == "step.done" || event.type == already_applied_event) {
    step.status = event.type == "step.done" ? StepStatus::done : StepStatus::already_applied;
    step.outputs = object_in(data, outputs_field);
    step.note = text_in(data, "evidence");
    step.ms = number_in(data, "ms");
    if (!step.phase) step.phase = run.phase;
    if (run.waiting_for == text_in(data, "step")) run.waiting_for.clear();
  } else if (event.type == "step.skipped") {
    step.status = StepStatus::skipped;
    step.phase = run.phase;
    step.note = text_in(data, "condition");
    step.spared = step.note == left_out_by_emergency;
  } else if (event.type == "step.failed") {
    // A gate that nobody has answered yet has not failed.
    const bool waits = text_in(object_in(data, "error"), "kind") == name_of(ErrorKind::waiting);
    step.status = waits ? StepStatus::waiting : StepStatus::failed;
    step.note = one_line(text_in(data, "text"));
  } else if (event.type == "step.undone") {
    step.status = StepStatus::undone;
    if (run.waiting_for == text_in(data, "step")) run.waiting_for.clear();
  } else if (event.type == "undo.failed") {
    step.status = StepStatus::undo_failed;
    step.note = one_line(text_in(data, "text"));
  }
}

// A rollback that was undone leaves the run as it was before it; there may be more to do forward then.
void finish_run(RunRecord& run, const Json& data) {
  run.finished = true;
  run.outcome = journal::run_outcome(text_in(data, "outcome"));
  run.exit = small_in(data, "exit", -1);
  run.serves = world::serving_named(text_in(data, "serves"));
  run.went_all_the_way = run.went_all_the_way || run.outcome == journal::RunOutcome::done;
  if (run.outcome != journal::RunOutcome::rollback_undone) return;
  run.rolling_back = false;
  if (!run.went_all_the_way) run.outcome = journal::RunOutcome::stopped;
}

std::string approve_command(const RunRecord& run, const std::string& rest) {
  const bool words = !words_asked_for(run, run.waiting_for).empty();
  return "pgcleave approve " + run.id + " " + run.waiting_for + (words ? " --words '...'" : "") + rest;
}

}  // namespace

bool StepRecord::is_in_doubt() const {
  return unanswered > 0 || small_in(outputs, "unanswered") > 0;
}

void RunRecord::apply(const journal::Event& event) {
  const auto& data = event.data;
  last_at_us = event.at_us;
  if (event.type == "run.begun") {
    id = event.run;
    begun = data.is_object() ? data : Json::object();
    begun_at_us = event.at_us;
    pid = small_in(data, "pid");
    epoch = small_in(data, "epoch", 1);
  } else if (event.type == "run.signing") {
    epoch = std::max(epoch, small_in(data, "epoch", 1));
  } else if (event.type == "run.resumed") {
    finished = false;
    outcome.reset();
    rolling_back = rolling_back || journal::goes_back(data);
    pid = small_in(data, "pid");
    if (journal::goes_back(data)) emergency = truth_in(data, "emergency");
    for (const auto& name : list_in(data, "gone")) {
      if (name.is_string()) gone.insert(name.get<std::string>());
    }
  } else if (event.type == "phase.begun") {
    phase = runbook::phase_named(text_in(data, "phase"));
  } else if (event.type == "step.intent") {
    begin_step(*this, data);
  } else if (event.type.starts_with("step.") || event.type == "undo.failed") {
    if (event.type != "step.observed") follow_step(*this, event);
  } else if (event.type.starts_with("effect.")) {
    follow_pause(*this, event);
    follow_effect(*this, event);
  } else if (event.type.starts_with("window.")) {
    follow_window(*this, event);
  } else if (event.type == "gate.waiting") {
    waiting_for = text_in(data, "step");
    waiting_since_us = event.at_us;
    if (const auto words = text_in(data, "words"); !words.empty()) asked[waiting_for] = words;
  } else if (event.type == "gate.approved") {
    approvals[text_in(data, "step")] = {text_in(data, "by"), text_in(data, "how"), text_in(data, "words"), event.at_us};
  } else if (event.type == "check.missed") {
    misses.push_back(one_line(text_in(data, "text")));
  } else if (event.type == "run.finished") {
    finish_run(*this, data);
  }
}

const WindowRecord* RunRecord::open_window() const {
  for (const auto& [name, window] : windows) {
    if (window.open) return &window;
  }
  return nullptr;
}

bool RunRecord::has_taken(runbook::PhaseKind window) const {
  const auto found = windows.find(window);
  return found != windows.end() && found->second.taken;
}

std::string RunRecord::state(bool alive) const {
  if (!finished) {
    if (alive) return rolling_back ? "rolling back" : "running";
    return "interrupted";
  }
  if (!outcome) return "ended, in words of another version of pgcleave";
  switch (*outcome) {
    case journal::RunOutcome::waiting: return "waiting for approval";
    case journal::RunOutcome::rolled_back: return "rolled back";
    case journal::RunOutcome::window_undone: return "window undone";
    case journal::RunOutcome::rollback_undone: return "done, its rollback was undone";
    default: return name_of(*outcome);
  }
}

bool RunRecord::is_open() const {
  return !finished || outcome == journal::RunOutcome::stopped || outcome == journal::RunOutcome::waiting ||
         outcome == journal::RunOutcome::window_undone;
}

std::string words_asked_for(const RunRecord& run, const std::string& step) {
  if (const auto asked = run.asked.find(step); asked != run.asked.end()) return asked->second;
  const auto gate = run.steps.find(step);
  return gate == run.steps.end() ? "" : text_in(gate->second.with, "words");
}

std::string next_command(const RunRecord& run, const std::string& rest) {
  const auto resume = "pgcleave resume " + run.id + rest;
  const auto rollback = "pgcleave rollback " + run.id + rest;
  const auto window = run.windows.find(window_of(Direction::forward));
  const bool past_window = window != run.windows.end() && (window->second.taken || window->second.is_done());
  const bool may_go_back = past_window || run.rolling_back || irreversible(run, Direction::forward).empty();
  const auto approval = run.approvals.find(run.waiting_for);
  const bool approved = approval != run.approvals.end() && approval->second.at_us >= run.waiting_since_us;
  const auto how = run.outcome;
  if (how == journal::RunOutcome::waiting && approved) return run.rolling_back ? resume : resume + "   or: " + rollback;
  if (how == journal::RunOutcome::waiting) return approve_command(run, rest) + " && " + resume;
  // An undo that would destroy rows asks for them first; a person who wants to keep them resumes instead.
  const bool undo_waits =
      how == journal::RunOutcome::stopped && !run.waiting_for.empty() && run.asked.contains(run.waiting_for);
  if (undo_waits && approved) return rollback + "   or: " + resume;
  if (undo_waits) return approve_command(run, rest) + " && " + rollback + "   or: " + resume;
  if (run.is_open()) return may_go_back ? resume + "   or: " + rollback : resume;
  if (!may_go_back) return "";
  if (how == journal::RunOutcome::done || how == journal::RunOutcome::rollback_undone)
    return rollback + "   (goes back to the source)";
  return "";
}

RunRecord replay(const std::vector<journal::Event>& events) {
  RunRecord run;
  for (const auto& event : events) run.apply(event);
  return run;
}

const char* name_of(StepStatus status) {
  switch (status) {
    case StepStatus::untouched: return "untouched";
    case StepStatus::begun: return "begun";
    case StepStatus::done: return "done";
    case StepStatus::already_applied: return "already applied";
    case StepStatus::skipped: return "skipped";
    case StepStatus::waiting: return "waiting";
    case StepStatus::failed: return "failed";
    case StepStatus::undone: return "undone";
    case StepStatus::undo_failed: return "undo failed";
  }
  return "untouched";
}

}  // namespace pgcleave::engine

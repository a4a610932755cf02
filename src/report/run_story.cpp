#include "report/run_story.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "base/fields.h"
#include "base/lines.h"
#include "journal/words/outcomes.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::report {
namespace {

// An effect's error is written without the sentence for people (docs/journal.md).
std::string words_of(const Json& effect) {
  const auto error = object_in(effect, "error");
  if (const auto text = text_in(effect, "error"); !text.empty()) return text;
  if (error.empty()) return "no reason was written";
  return Error{ErrorKind::failed,      text_in(error, "object"), text_in(error, "what"), text_in(error, "expected"),
               text_in(error, "seen"), text_in(error, "hint"),   text_in(error, "code")}
      .text();
}

class Teller {
 public:
  RunStory run(const std::vector<journal::Event>& events) {
    for (const auto& event : events) {
      now_ms_ = place(event);
      hear(event);
      story_.record.apply(event);
      last_ms_ = now_ms_;
    }
    story_.end_ms = now_ms_;
    if (!events.empty()) {
      story_.last_seq = events.back().seq;
      story_.last_hash = events.back().hash;
    }
    return std::move(story_);
  }

 private:
  // Between processes, perhaps on other machines or after a boot, only the wall clock counts.
  double place(const journal::Event& event) {
    if (first_us_ == 0) first_us_ = event.at_us;
    if (anchor_mono_us_ == 0 || event.type == "run.resumed" || event.type == "gate.approved" ||
        event.mono_us < anchor_mono_us_) {
      anchor_mono_us_ = event.mono_us;
      anchor_ms_ = std::max(last_ms_, static_cast<double>(event.at_us - first_us_) / 1000);
    }
    return anchor_ms_ + static_cast<double>(event.mono_us - anchor_mono_us_) / 1000;
  }

  void hear(const journal::Event& event) {
    const auto& type = event.type;
    if (type == "run.begun" || type == "run.resumed") {
      hear_process(event);
    } else if (type == "phase.begun") {
      phase_ = runbook::phase_named(text_in(event.data, "phase"));
    } else if (type.starts_with("step.") || type == "undo.failed") {
      hear_step(event);
    } else if (type.starts_with("window.")) {
      hear_window(event);
    } else if (type.starts_with("effect.")) {
      hear_effect(event);
    } else if (type == "gate.approved") {
      decide(event, event.data);
    } else if (type == "check.missed") {
      const auto step = text_in(event.data, "step");
      story_.mishaps.push_back({event.at_us, step.empty() ? engine::name_or_nothing(phase_) : step, "check missed",
                                one_line(text_in(event.data, "text")), true});
    } else if (type == "run.finished") {
      story_.ending = one_line(text_in(event.data, "text"));
    }
  }

  void hear_process(const journal::Event& event) {
    if (event.type == "run.begun") learn_kinds(text_in(event.data, "text"));
    const bool back = journal::goes_back(event.data);
    const char* what = event.type == "run.begun" ? "began" : back ? "rolled back" : "resumed";
    story_.processes.push_back({event.at_us, what, text_in(event.data, "operator"), text_in(event.data, "host")});
    if (back && story_.back_from_ms < 0) story_.back_from_ms = now_ms_;
    free_from_ = now_ms_;
  }

  // What was found done has no intent that says its kind: the frozen text says it.
  void learn_kinds(const std::string& text) {
    const auto read = runbook::read_runbook("", text, steps::vocabulary());
    if (!read.value) return;
    for (const auto& phase : read.value->phases) {
      for (const auto& step : phase.steps) uses_[step.id] = step.uses;
    }
  }

  void hear_step(const journal::Event& event) {
    const auto& data = event.data;
    const auto id = text_in(data, "step");
    if (event.type == "step.intent") {
      uses_[id] = text_in(data, "uses");
      asked_[id] = text_in(object_in(data, "with"), "text");
      return;
    }
    if (event.type == "step.observed") return;
    // A gate that nobody has answered yet has not failed.
    const bool waits = text_in(object_in(data, "error"), "kind") == name_of(ErrorKind::waiting);
    if (!waits && (event.type == "step.failed" || event.type == "undo.failed")) {
      const char* what = event.type == "undo.failed" ? "undo failed"
                         : journal::effect_outcome(text_in(data, "outcome")) == journal::EffectOutcome::unknown
                             ? "outcome unknown"
                             : "step failed";
      story_.mishaps.push_back({event.at_us, id, what, one_line(text_in(data, "text"))});
    }
    const auto outcome = waits ? StepOutcome::waiting : outcome_of(event.type);
    if (!outcome) return;
    StepTime step{.id = id, .uses = uses_[id], .phase = phase_, .outcome = *outcome};
    step.note = event.type == "step.skipped"
                    ? text_in(data, "condition")
                    : one_line(text_in(data, event.type == engine::already_applied_event ? "evidence" : "text"));
    step.to_ms = now_ms_;
    step.ms = number_in(data, "ms", event.type == "step.skipped" ? 0 : now_ms_ - free_from_);
    step.from_ms = std::max(0.0, now_ms_ - step.ms);
    step.person = step.uses == "gate.approve";
    free_from_ = now_ms_;
    const auto outputs = object_in(data, engine::outputs_field);
    if (outputs.contains("lag_bytes")) story_.lags.push_back({now_ms_, id, number_in(outputs, "lag_bytes")});
    if (step.person && event.type == "step.done") decide(event, outputs);
    story_.steps.push_back(std::move(step));
  }

  static std::optional<StepOutcome> outcome_of(const std::string& type) {
    static const std::map<std::string, StepOutcome> ends{
        {"step.done", StepOutcome::done},       {engine::already_applied_event, StepOutcome::found_done},
        {"step.skipped", StepOutcome::skipped}, {"step.failed", StepOutcome::failed},
        {"step.undone", StepOutcome::undone},   {"undo.failed", StepOutcome::undo_failed}};
    const auto found = ends.find(type);
    return found == ends.end() ? std::nullopt : std::optional(found->second);
  }

  // An approval through the journal is repeated by the gate's own outputs.
  void decide(const journal::Event& event, const Json& said) {
    const auto step = text_in(event.data, "step");
    if (text_in(said, "by").empty()) return;  // a gate that had nothing to ask
    const Decision now{step,       asked_[step], text_in(said, "by"), text_in(said, "how"), text_in(said, "words"),
                       event.at_us};
    for (auto& known : story_.decisions) {
      if (known.step != step || known.by != now.by || known.how != now.how) continue;
      if (known.asked.empty()) known.asked = now.asked;
      return;
    }
    story_.decisions.push_back(now);
  }

  void hear_window(const journal::Event& event) {
    const auto phase = runbook::phase_named(text_in(event.data, "phase"));
    if (event.type == "window.entered") {
      story_.windows.push_back({.phase = phase,
                                .attempt = static_cast<int>(number_in(event.data, "attempt", 1)),
                                .entered_ms = now_ms_,
                                .left_ms = now_ms_,
                                .budget_ms = number_in(event.data, "budget_ms"),
                                .undo_reserve_ms = number_in(event.data, "undo_reserve_ms")});
      free_from_ = now_ms_;
    }
    if (event.type == "window.failover")
      story_.mishaps.push_back({event.at_us, engine::name_or_nothing(phase), "failover", text_in(event.data, "text")});
    auto* window = last_window(phase);
    if (window == nullptr) return;
    if (event.type == "window.left") {
      window->left_ms = now_ms_;
      window->outcome = journal::window_outcome(text_in(event.data, "outcome"));
    } else if (event.type == "window.watched") {
      window->watched = watched_of(event);
    }
  }

  void hear_effect(const journal::Event& event) {
    const auto traffic = world::traffic_named(text_in(event.data, "traffic"));
    const auto outcome = text_in(event.data, "outcome");
    auto* window = last_window(phase_);
    if (window != nullptr && event.type == "effect.announced" && traffic == world::Traffic::pause &&
        !window->paused_ms) {
      window->paused_ms = now_ms_;
      window->paused_at_us = event.at_us;
    }
    const bool ok = journal::effect_outcome(outcome) == journal::EffectOutcome::ok;
    if (window != nullptr && event.type == "effect.done" && traffic == world::Traffic::resume && ok &&
        window->paused_ms && !window->resumed_ms) {
      window->resumed_ms = now_ms_;
    }
    if (event.type == "effect.done" && !ok) {
      story_.mishaps.push_back({event.at_us, text_in(event.data, "step"), "effect " + outcome,
                                text_in(event.data, "effect") + ": " + one_line(words_of(event.data))});
    }
  }

  WindowStory* last_window(std::optional<runbook::PhaseKind> phase) {
    for (auto& window : std::ranges::reverse_view(story_.windows)) {
      if (window.phase == phase) return &window;
    }
    return nullptr;
  }

  RunStory story_;
  std::optional<runbook::PhaseKind> phase_;
  std::map<std::string, std::string> uses_;
  std::map<std::string, std::string> asked_;
  std::int64_t first_us_ = 0;
  std::int64_t anchor_mono_us_ = 0;
  double anchor_ms_ = 0;
  double now_ms_ = 0;
  double last_ms_ = 0;
  double free_from_ = 0;  // when the step before ended
};

}  // namespace

const char* name_of(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::done: return "done";
    case StepOutcome::found_done: return "found done";
    case StepOutcome::skipped: return "skipped";
    case StepOutcome::waiting: return "waiting";
    case StepOutcome::failed: return "failed";
    case StepOutcome::undone: return "undone";
    case StepOutcome::undo_failed: return "undo failed";
  }
  return "";
}

bool StepTime::back() const {
  return phase && runbook::is_rollback(*phase);
}

bool StepTime::in_window() const {
  return phase && runbook::is_window(*phase);
}

bool StepTime::went_wrong() const {
  return outcome == StepOutcome::failed || outcome == StepOutcome::undone || outcome == StepOutcome::undo_failed;
}

bool WindowStory::back() const {
  return phase == runbook::PhaseKind::rollback_window;
}

const WindowStory* RunStory::window(runbook::PhaseKind kind) const {
  const WindowStory* found = nullptr;
  for (const auto& window : windows) {
    if (window.phase == kind) found = &window;
  }
  return found;
}

RunStory tell(const std::vector<journal::Event>& events) {
  return Teller().run(events);
}

}  // namespace pgcleave::report

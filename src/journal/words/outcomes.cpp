#include "journal/words/outcomes.h"

#include <initializer_list>

#include "base/fields.h"

namespace pgcleave::journal {
namespace {

template <class Outcome>
std::optional<Outcome> outcome_named(const std::string& text, std::initializer_list<Outcome> all) {
  for (const auto outcome : all) {
    if (text == name_of(outcome)) return outcome;
  }
  return std::nullopt;
}

}  // namespace

const char* name_of(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::done: return "done";
    case RunOutcome::undone: return "undone";
    case RunOutcome::window_undone: return "window_undone";
    case RunOutcome::rolled_back: return "rolled_back";
    case RunOutcome::rollback_undone: return "rollback_undone";
    case RunOutcome::waiting: return "waiting";
    case RunOutcome::stopped: return "stopped";
  }
  return "";
}

std::optional<RunOutcome> run_outcome(const std::string& text) {
  return outcome_named(text, {RunOutcome::done, RunOutcome::undone, RunOutcome::window_undone, RunOutcome::rolled_back,
                              RunOutcome::rollback_undone, RunOutcome::waiting, RunOutcome::stopped});
}

const char* name_of(WindowOutcome outcome) {
  switch (outcome) {
    case WindowOutcome::done: return "done";
    case WindowOutcome::undone: return "undone";
    case WindowOutcome::failed: return "failed";
  }
  return "";
}

std::optional<WindowOutcome> window_outcome(const std::string& text) {
  return outcome_named(text, {WindowOutcome::done, WindowOutcome::undone, WindowOutcome::failed});
}

const char* name_of(EffectOutcome outcome) {
  switch (outcome) {
    case EffectOutcome::ok: return "ok";
    case EffectOutcome::failed: return "failed";
    case EffectOutcome::unknown: return "unknown";
  }
  return "";
}

std::optional<EffectOutcome> effect_outcome(const std::string& text) {
  return outcome_named(text, {EffectOutcome::ok, EffectOutcome::failed, EffectOutcome::unknown});
}

bool goes_back(const Json& resumed) {
  return text_in(resumed, "direction") == "rollback";
}

}  // namespace pgcleave::journal

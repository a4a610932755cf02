#include "engine/effects.h"

#include <utility>

#include "base/units.h"
#include "journal/words/outcomes.h"

namespace pgcleave::engine {

namespace {

// Asked to stop, or out of time, in the middle of it: what was sent may still take effect.
journal::EffectOutcome outcome_of(const Result<Json>& result) {
  if (result) return journal::EffectOutcome::ok;
  const auto kind = result.error().kind;
  const bool open = kind == ErrorKind::unknown || kind == ErrorKind::timed_out || kind == ErrorKind::interrupted;
  return open ? journal::EffectOutcome::unknown : journal::EffectOutcome::failed;
}

Error too_late(const std::string& description) {
  return {ErrorKind::failed, description, "not begun, since the time for it was over", "", "", "", ""};
}

}  // namespace

void JournaledEffects::for_step(const std::string& step, bool undo, std::optional<Deadline> begins_by) {
  who_ = {{"step", step}};
  begins_by_ = begins_by;
  if (undo) who_["undo"] = true;
}

Result<Json> JournaledEffects::perform(const std::string& description, const Action& action, world::Traffic traffic) {
  if (may_act) TRY(may_act());
  Json announced = who_;
  if (traffic != world::Traffic::none) announced["traffic"] = name_of(traffic);
  announced["effect"] = description;
  TRY(recorder_.announce("effect.announced", announced));
  ++performed_;
  recorder_.fault("before effect " + description);
  const auto began = Monotonic::now();
  auto result = begins_by_ && begins_by_->passed() ? Result<Json>(fail(too_late(description))) : action();
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  recorder_.fault("after effect " + description);
  Json done = announced;
  done["outcome"] = name_of(outcome_of(result));
  done["ms"] = milliseconds(took);
  if (result && !result->is_null()) done["result"] = *result;
  if (!result) done["error"] = json_of(result.error());
  TRY(recorder_.write("effect.done", done));
  return result;
}

Result<Json> DryRunEffects::perform(const std::string& description, const Action&, world::Traffic) {
  descriptions_.push_back(description);
  return Json();
}

std::vector<std::string> DryRunEffects::take() {
  return std::exchange(descriptions_, {});
}

Json json_of(const Error& error) {
  Json json{{"kind", name_of(error.kind)}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("object", error.object);
  add("what", error.what);
  add("expected", error.expected);
  add("seen", error.seen);
  add("hint", error.hint);
  add("code", error.code);
  return json;
}

}  // namespace pgcleave::engine

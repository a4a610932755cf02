// What stands behind steps::Effects. JournaledEffects announces each effect in the journal, makes it and records how it
// ended. DryRunEffects makes none and collects their descriptions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "engine/recorder.h"
#include "world/effects.h"

namespace pgcleave::engine {

class JournaledEffects : public world::Effects {
 public:
  explicit JournaledEffects(Recorder& recorder) : recorder_(recorder) {}
  // Asked before each effect: may this process still act?
  std::function<Result<void>()> may_act;
  // For which step the next effects are. What has not been begun by then is not begun any more, and has failed: a
  // journal or a machine may be slow. Undo has no such limit.
  void for_step(const std::string& step, bool undo, std::optional<Deadline> begins_by = {});
  using Effects::perform;
  Result<Json> perform(const std::string& description, const Action& action, world::Traffic traffic) override;
  [[nodiscard]] int performed() const { return performed_; }  // effects begun in this process

 private:
  Recorder& recorder_;
  Json who_ = Json::object();
  std::optional<Deadline> begins_by_;
  int performed_ = 0;
};

class DryRunEffects : public world::Effects {
 public:
  using Effects::perform;
  Result<Json> perform(const std::string& description, const Action& action, world::Traffic traffic) override;
  // What was announced since the last call.
  std::vector<std::string> take();

 private:
  std::vector<std::string> descriptions_;
};

// An error as the journal keeps it.
Json json_of(const Error& error);

}  // namespace pgcleave::engine

// What a long statement on a side's leader is run with: sessions of its own, and the step's stop, deadline and
// progress.
#pragma once

#include "data/build_session.h"
#include "steps/step.h"

namespace pgcleave::steps {

// Holds the side and the world of the context, not the context itself.
inline data::BuildSurroundings build_surroundings(const Context& context) {
  auto& side = context.on();
  auto& world = context.world;
  data::BuildSurroundings around;
  around.open = [&side](Deadline deadline) { return side.session_beside(deadline); };
  around.stop = context.stop;
  around.deadline = context.deadline;
  around.tell = [&world](const std::string& text) { world.progress.say(text); };
  return around;
}

}  // namespace pgcleave::steps

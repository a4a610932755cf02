#include "world/effects.h"

namespace pgcleave::world {

const char* name_of(Traffic traffic) {
  switch (traffic) {
    case Traffic::none: return "";
    case Traffic::pause: return "pause";
    case Traffic::resume: return "resume";
  }
  return "";
}

Traffic traffic_named(const std::string& text) {
  for (const auto traffic : {Traffic::pause, Traffic::resume}) {
    if (text == name_of(traffic)) return traffic;
  }
  return Traffic::none;
}

void Progress::say(const std::string& text) const {
  if (listener_) listener_(text);
}

std::optional<Approval> Approvers::answer(const Question& question) const {
  return answer_ ? answer_(question) : std::nullopt;
}

}  // namespace pgcleave::world

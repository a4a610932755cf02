#include "world/approval.h"

namespace pgcleave::world {

std::optional<Approval> Approvers::answer(const Question& question) const {
  return answer_ ? answer_(question) : std::nullopt;
}

}  // namespace pgcleave::world

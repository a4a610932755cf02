#include "steps/parameters.h"

namespace pgcleave::steps {

bool may_be_missed(const std::string& kind) {
  return kind == "ownership.witness";  // `status` shows it, `repair-owner` makes it good
}

}  // namespace pgcleave::steps

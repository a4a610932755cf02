// Parameters that several step kinds have in common.
#pragma once

#include "runbook/vocabulary.h"

namespace pgcleave::steps {

inline runbook::Parameter side_parameter(const char* name, const char* help) {
  return {name, runbook::Type::side, nullptr, true, help, {}};
}

}  // namespace pgcleave::steps

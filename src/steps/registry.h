// All step kinds. Adding one: a file with a function that returns its row, and its line in registry.cpp.
#pragma once

#include <vector>

#include "steps/step.h"

namespace pgcleave::steps {

const std::vector<StepKind>& registry();
const StepKind* find(const std::string& kind);
// What it does is gone again when it ends, however it ends: a run that stopped there has changed nothing.
bool leaves_nothing(const StepKind& kind);
runbook::Vocabulary vocabulary();

}  // namespace pgcleave::steps

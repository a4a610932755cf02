// All step kinds. Adding one: a file with a function that returns its row, and its line in registry.cpp. Those that
// judge by the families of checks are rows of the folder checks, which this one can't see.
#pragma once

#include <vector>

#include "steps/step.h"

namespace pgcleave::steps {

const std::vector<StepKind>& registry();
// Rows of a folder above this one, once, when the program begins: pointers into the registry end here. A kind that is
// there already stays as it is.
void add_kinds(const std::vector<StepKind>& rows);
const StepKind* find(const std::string& kind);
// What it does is gone again when it ends, however it ends: a run that stopped there has changed nothing.
bool leaves_nothing(const StepKind& kind);
runbook::Vocabulary vocabulary();

}  // namespace pgcleave::steps

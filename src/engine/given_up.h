// What a rollback gave up, for the sentence at its end.
#pragma once

#include <string>

#include "engine/record.h"
#include "runbook/runbook.h"

namespace pgcleave::engine {

// As the steps of the rollback tell it by their output `given_up`: rows that only the target had, as the last step that
// could see them says, and rows that differ, as a step that compares rows says, which has an output `differences`. "":
// no step looked, and nothing is claimed.
std::string given_up_in_words(const runbook::Runbook& definition, const RunRecord& run, const std::string& target);

}  // namespace pgcleave::engine

// What a run did outside its windows that can't be undone. Inside a window the point of no return is another one:
// `take`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/direction.h"
#include "engine/record.h"
#include "runbook/runbook.h"

namespace pgcleave::engine {

// "empty_source (tables.truncate): the rows are gone", for each step that did something, in the order in which they
// were begun.
std::vector<std::string> irreversible(const RunRecord& run, Direction direction);

// The window of this direction is behind: ownership was taken. One that has nothing to take, such as one that only
// stops and starts services, is behind when it was left, if the runbook says how to go back; else undoing is the way
// back.
bool is_past_window(const RunRecord& run, const runbook::Runbook& runbook, Direction direction);

// Why this run can't be rolled back; no value: it can.
std::optional<Error> rollback_blocker(const RunRecord& run, const runbook::Runbook& runbook);

}  // namespace pgcleave::engine

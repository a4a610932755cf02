// How runs, windows and effects end. The journal holds these as text; who decides by one reads it with these.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace pgcleave::journal {

enum class RunOutcome { done, undone, window_undone, rolled_back, rollback_undone, waiting, stopped };
const char* name_of(RunOutcome outcome);
// No value: the run has not ended, or the text is of another version. The same below.
std::optional<RunOutcome> run_outcome(const std::string& text);

enum class WindowOutcome { done, undone, failed };
const char* name_of(WindowOutcome outcome);
std::optional<WindowOutcome> window_outcome(const std::string& text);

enum class EffectOutcome { ok, failed, unknown };
const char* name_of(EffectOutcome outcome);
std::optional<EffectOutcome> effect_outcome(const std::string& text);

// Of the data of run.resumed: this process begins, or goes on with, the rollback.
bool goes_back(const Json& resumed);

}  // namespace pgcleave::journal

// The phases of a runbook, in the order in which they run. Their names stand in the journal and in messages alone.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/result.h"

namespace pgcleave::runbook {

enum class PhaseKind { prepare, gate, window, verify, rollback_prepare, rollback_gate, rollback_window, rollback_then };

inline constexpr std::array both_windows{PhaseKind::window, PhaseKind::rollback_window};

const char* name_of(PhaseKind kind);  // "rollback.window"
// No value for any other text, such as the phase of a journal that another version wrote.
std::optional<PhaseKind> phase_named(const std::string& name);
// `invalid` for any text but the name of a window.
Result<PhaseKind> window_named(const std::string& name);

bool is_window(PhaseKind kind);
bool is_rollback(PhaseKind kind);

}  // namespace pgcleave::runbook

#include "runbook/phase_kind.h"

#include "base/format.h"
#include "config/problems.h"

namespace pgcleave::runbook {
namespace {

constexpr std::array all_phases{
    PhaseKind::prepare,          PhaseKind::gate,          PhaseKind::window,          PhaseKind::verify,
    PhaseKind::rollback_prepare, PhaseKind::rollback_gate, PhaseKind::rollback_window, PhaseKind::rollback_then};

}  // namespace

const char* name_of(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::prepare: return "prepare";
    case PhaseKind::gate: return "gate";
    case PhaseKind::window: return "window";
    case PhaseKind::verify: return "verify";
    case PhaseKind::rollback_prepare: return "rollback.prepare";
    case PhaseKind::rollback_gate: return "rollback.gate";
    case PhaseKind::rollback_window: return "rollback.window";
    case PhaseKind::rollback_then: return "rollback.then";
  }
  return "";
}

std::optional<PhaseKind> phase_named(const std::string& name) {
  for (const auto kind : all_phases) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

Result<PhaseKind> window_named(const std::string& name) {
  const auto kind = phase_named(name);
  if (kind && is_window(*kind)) return *kind;
  return fail({ErrorKind::invalid, "", fmt::format("{} is not a window", config::shown(name)),
               "window or rollback.window", "", "", ""});
}

bool is_window(PhaseKind kind) {
  return kind == PhaseKind::window || kind == PhaseKind::rollback_window;
}

bool is_rollback(PhaseKind kind) {
  return kind >= PhaseKind::rollback_prepare;
}

}  // namespace pgcleave::runbook

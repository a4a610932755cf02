#include "runbook/phase_kind.h"

#include <catch2/catch.hpp>

namespace pgcleave::runbook {
using namespace config;

TEST_CASE("a phase is known by its name, and any other text is none") {
  const std::array all{
      PhaseKind::prepare,          PhaseKind::gate,          PhaseKind::window,          PhaseKind::verify,
      PhaseKind::rollback_prepare, PhaseKind::rollback_gate, PhaseKind::rollback_window, PhaseKind::rollback_then};
  for (const auto kind : all) {
    const std::string name = name_of(kind);
    INFO(name);
    CHECK(phase_named(name) == kind);
    CHECK(is_rollback(kind) == (name.rfind("rollback.", 0) == 0));
    CHECK(is_window(kind) == (name.size() >= 6 && name.substr(name.size() - 6) == "window"));
  }
  for (const auto* text : {"", "Window", "rollback", "rollback.verify", "window "}) CHECK_FALSE(phase_named(text));
}

TEST_CASE("a window is asked for by its name, and anything else is refused") {
  for (const auto window : both_windows) CHECK(window_named(name_of(window)).value() == window);
  for (const auto* text : {"", "verify", "windows"}) {
    const auto refused = window_named(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK(refused.error().expected == "window or rollback.window");
  }
}

}  // namespace pgcleave::runbook

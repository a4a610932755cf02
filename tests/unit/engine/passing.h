// Windows that pass ownership between two real servers, and how another process finds them.
#pragma once

#include <string>

#include "a_split.h"

namespace pgcleave::engine {

inline std::string split_with(const std::string& verify) {
  return head + "prepare:\n" + make("a") + window(release_and_take + make("b")) + "verify:\n" + verify;
}
inline const std::string one_split = split_with(make("c"));

inline std::string there_and_back(const std::string& tail, const std::string& verify = make("c")) {
  return split_with(verify) + "rollback:\n  window:\n    budget: 20s\n    steps:\n" + release_and_take_back + tail;
}

// The run as a dead process left it: in the window, with no word of what it did there.
inline void was_left_in_the_window(const ARun& run, const Json& leaders = Json::object()) {
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}, {"leaders", leaders}});
}

inline void passes(postgres::Connection& side, fence::Owner from, fence::Owner to) {
  const auto passed = fence::pass_ownership(side, "ci", from, to, ARun::id, 1, postgres::test::soon());
  if (!passed) FAIL(passed.error().text());
}

// Places of what was told, each before the next.
inline bool in_order(const std::vector<int>& places) {
  return places.front() >= 0 && std::is_sorted(places.begin(), places.end());
}

// A step whose undo fails until a file is there.
inline std::string stubborn(const std::string& id) {
  return "  - {id: " + id + ", uses: run.command, with: {argv: [touch, '@/" + id +
         "'], undo: [sh, -c, 'test -e @/repaired && rm -f @/" + id + "']}}\n";
}

inline void dies_in_the_window(ARun& run, const std::string& after_step) {
  for (int point = 1;; ++point) {
    REQUIRE_FALSE(run.dying_at(point, [&] { return run.forward(); }));
    if (run.record().open_window() != nullptr && run.has(after_step)) return;
    run.forget_journal();
    fs::remove(run.file(after_step));
  }
}
}  // namespace pgcleave::engine

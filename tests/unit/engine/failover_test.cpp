#include <algorithm>

#include "a_state.h"
#include "engine/run_end.h"
#include "passing.h"

namespace pgcleave::engine {

TEST_CASE("a side that failed over while clients waited is told once, with what may be lost") {
  ASplit run(one_split);
  was_left_in_the_window(run, {{"source", {{"member", "main-0"}, {"timeline", 1}, {"standby", false}}},
                               {"target", {{"member", "ci-0"}, {"timeline", 1}, {"standby", false}}}});
  CHECK(run.settle().exit == ExitCode::undone);
  run.settle();
  INFO(run.told.text());
  const auto misses = run.record().misses;
  REQUIRE(misses.size() == 2);
  CHECK(misses[0].find(
            "source main failed over while clients waited: its leader was main-0 on timeline 1, and is main-1") == 0);
  CHECK(misses[0].find("that is Patroni's contract") != std::string::npos);
  CHECK(misses[1].find("target ci failed over while clients waited: its leader was ci-0") == 0);
  CHECK(misses[1].find("contract") == std::string::npos);
  CHECK(std::count_if(run.told.all.begin(), run.told.all.end(),
                      [](const auto& one) { return one.find("failed over") != std::string::npos; }) == 2);
}

TEST_CASE("who leads is noted for a window that takes ownership, and for no other") {
  ASplit run(head + window(make("w")) + "rollback:\n  window:\n    budget: 20s\n    steps:\n" + release_and_take_back);
  AState of(run);
  CHECK(note_leaders(of.state, of.phase(runbook::PhaseKind::window)).value() == Json::object());
  const auto noted = note_leaders(of.state, of.phase(runbook::PhaseKind::rollback_window));
  REQUIRE(noted);
  for (const char* side : {"source", "target"}) {
    CHECK(noted->at(side).at("member").get<std::string>().ends_with("-1"));
    CHECK(noted->at(side).at("timeline") == 1);
    CHECK(noted->at(side).at("standby") == false);
  }
}

}  // namespace pgcleave::engine

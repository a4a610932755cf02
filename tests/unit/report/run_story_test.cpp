#include "report/run_story.h"

#include <catch2/catch.hpp>

#include "a_story.h"

namespace pgcleave::report {

TEST_CASE("the pause is told as status tells it") {
  const auto story = there_and_back().told();
  REQUIRE(story.windows.size() == 2);
  CHECK(story.windows[0].pause_ms() == Approx(30));
  CHECK(story.windows[0].pause_ms() == Approx(story.record.windows.at(runbook::PhaseKind::window).pause_ms));
  CHECK(story.windows[1].back());
  CHECK(story.windows[1].pause_ms() == Approx(story.record.windows.at(runbook::PhaseKind::rollback_window).pause_ms));
}

TEST_CASE("each step has its place in time, its kind and its phase") {
  const auto story = there_and_back().told();
  const auto& promote = story.steps.at(1);
  CHECK(promote.id == "promote");
  CHECK(promote.uses == "patroni.promote");
  CHECK(promote.phase == runbook::PhaseKind::prepare);
  CHECK(promote.from_ms == Approx(3));
  CHECK(promote.to_ms == Approx(203));
  CHECK_FALSE(promote.in_window());
  CHECK(story.went_back());
  CHECK(story.back_from_ms == Approx(10'000));
}

TEST_CASE("what is resumed on another machine goes on by the wall clock") {
  AStory events;
  events.begin().phase("prepare").step("one", "run.command", 10, 20);
  events.on_another_clock(2).go_back(30).step("two", "run.command", 40, 50);
  const auto story = events.told();
  CHECK(story.steps.at(1).from_ms == Approx(2 * 3'600'000.0 + 40));
  CHECK(story.end_ms == Approx(2 * 3'600'000.0 + 50));
}

TEST_CASE("a window that was tried twice is told twice") {
  AStory events;
  events.begin().phase("window");
  events.add("window.entered", {{"phase", "window"}, {"attempt", 1}, {"budget_ms", 5000.0}});
  events.effect("pause", "pause", 10, 12).effect("pause", "resume", 90, 110);
  events.add("window.left", {{"phase", "window"}, {"outcome", "undone"}});
  events.window(1000);
  const auto story = events.told();
  REQUIRE(story.windows.size() == 2);
  CHECK(story.windows[0].outcome == journal::WindowOutcome::undone);
  CHECK(story.windows[0].pause_ms() == Approx(100));
  CHECK(story.windows[1].pause_ms() == Approx(30));
  CHECK(story.window(runbook::PhaseKind::window) == &story.windows[1]);
}

TEST_CASE("a pause whose end is not known is no pause of zero") {
  AStory events;
  events.begin().phase("window");
  events.add("window.entered", {{"phase", "window"}, {"attempt", 1}, {"budget_ms", 5000.0}});
  events.effect("pause", "pause", 10, 12).effect("resume", "resume", 90, 110, "unknown");
  const auto story = events.told();
  CHECK(story.windows[0].paused_ms.has_value());
  CHECK_FALSE(story.windows[0].resumed_ms.has_value());
  REQUIRE(story.mishaps.size() == 1);
  CHECK(story.mishaps[0].kind == "effect unknown");
  CHECK(story.mishaps[0].text == "resume the pool: no reason was written");
}

TEST_CASE("an effect that failed is told with its error in words") {
  AStory events;
  events.begin().phase("prepare");
  events.at(5).add("effect.done", {{"step", "fence"},
                                   {"effect", "fence the tables"},
                                   {"outcome", "unknown"},
                                   {"error",
                                    {{"kind", "unknown"},
                                     {"object", "source main"},
                                     {"what", "no answer"},
                                     {"seen", "silence"},
                                     {"hint", "look"}}}});
  events.at(6).add("effect.done",
                   {{"step", "fence"}, {"effect", "fence the tables"}, {"outcome", "failed"}, {"error", "refused"}});
  const auto story = events.told();
  REQUIRE(story.mishaps.size() == 2);
  CHECK(story.mishaps[0].text == "fence the tables: source main: no answer (seen silence); look");
  CHECK(story.mishaps[1].text == "fence the tables: refused");
}

TEST_CASE("an approval through the journal and the gate that took it are one decision") {
  AStory events;
  events.begin().phase("gate");
  events.at(5).add("step.intent", {{"step", "go"}, {"uses", "gate.approve"}, {"with", {{"text", "Split now?"}}}});
  events.at(9).add("gate.waiting", {{"step", "go"}, {"text", "Split now?"}});
  events.at(5000).add("gate.approved",
                      {{"step", "go"}, {"by", "carl@desk"}, {"how", "pgcleave approve"}, {"words", ""}});
  events.step("go", "gate.approve", 6000, 6002, {{"by", "carl@desk"}, {"how", "pgcleave approve"}, {"words", ""}});
  const auto story = events.told();
  REQUIRE(story.decisions.size() == 1);
  CHECK(story.decisions[0].by == "carl@desk");
}

TEST_CASE("lag, misses, failures and the end of the chain are kept") {
  AStory events = there_and_back();
  events.add("check.missed", {{"text", "the canary did not land"}, {"step", "lands"}});
  events.add("step.failed", {{"step", "reattach"}, {"text", "ci-1: no answer"}, {"outcome", "unknown"}});
  const auto story = events.told();
  REQUIRE(story.lags.size() == 1);
  CHECK(story.lags[0].bytes == 1584);
  REQUIRE(story.mishaps.size() == 2);
  CHECK(story.mishaps[0].where == "lands");
  CHECK(story.mishaps[1].kind == "outcome unknown");
  CHECK(story.last_hash == "hash-" + std::to_string(events.events().size()));
}

TEST_CASE("what the prober saw belongs to its window") {
  const auto story = there_and_back().told();
  REQUIRE(story.windows[0].watched.has_value());
  CHECK(story.windows[0].watched->outage_ms == Approx(34.2));
  CHECK(story.windows[1].watched->outage_ms == Approx(36.5));
  CHECK(story.windows[0].watched->bouncers.at(0).last_on == "ci");
  CHECK(story.windows[0].watched->curve.size() == 6);
}

TEST_CASE("events of another version, with keys that are missing or new, are no end of the report") {
  AStory events;
  events.add("run.begun").add("step.done", {{"step", "x"}, {"new", 3}}).add("run.slept").add("gate.approved");
  events.add("window.entered")
      .add("window.watched", {{"curve", {{"writes", {"a", nullptr}}}}, {"bouncers", {3}}, {"errors", "many"}});
  events.add("effect.done", {{"outcome", "failed"}});
  CHECK(events.told().steps.size() == 1);
}

}  // namespace pgcleave::report

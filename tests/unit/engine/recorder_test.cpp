#include "engine/recorder.h"

#include <catch2/catch.hpp>
#include <thread>

#include "recorded_effects.h"

namespace pgcleave::engine {
namespace {

std::vector<std::string> points;
void remember(const std::string& point) {
  points.push_back(point);
}

}  // namespace

TEST_CASE("what is written is in the journal and in the live record at once") {
  ARun run(head);
  auto book = run.journal();
  Recorder recorder(book, ARun::id, {}, nullptr);
  REQUIRE(recorder.write("run.begun", {{"pid", 5}}));
  CHECK(recorder.record().pid == 5);
  REQUIRE(recorder.write_to_disk("phase.begun", {{"phase", "prepare"}}));
  CHECK(recorder.record().phase == runbook::PhaseKind::prepare);
  CHECK(run.record().phase == runbook::PhaseKind::prepare);
}

TEST_CASE("a fault can be injected before and after each record and each effect") {
  ARun run(head);
  auto book = run.journal();
  points.clear();
  Recorder recorder(book, ARun::id, {}, remember);
  JournaledEffects effects(recorder);
  effects.for_step("a", false);
  REQUIRE(effects.perform("open the sluice", [] { return Result<Json>(Json(1)); }));
  CHECK(points == std::vector<std::string>{"before record effect.announced a", "after record effect.announced a",
                                           "before effect open the sluice", "after effect open the sluice",
                                           "before record effect.done a", "after record effect.done a"});
}

TEST_CASE("without a journal nothing is done") {
  Recorded of;
  REQUIRE(of.recorder.write("phase.begun", {{"phase", "prepare"}}));
  of.run.forget_journal();
  CHECK_FALSE(of.recorder.write("phase.begun", {{"phase", "window"}}));
  CHECK(of.recorder.record().phase == runbook::PhaseKind::prepare);
  bool acted = false;
  CHECK_FALSE(of.effects.perform("open the sluice", [&] {
    acted = true;
    return Result<Json>(Json());
  }));
  CHECK_FALSE(acted);
  CHECK(of.effects.performed() == 0);
}

TEST_CASE("while clients wait a journal that fails stops nothing, and the record still follows") {
  Recorded of;
  REQUIRE(of.recorder.write("phase.begun", {{"phase", "window"}}));
  REQUIRE(of.recorder.write("window.entered", {{"phase", "window"}, {"budget_ms", 1.0}}));
  of.effects.for_step("pause", false);
  REQUIRE(of.effects.perform("PAUSE", [] { return Result<Json>(Json()); }, world::Traffic::pause));
  CHECK_FALSE(of.recorder.lost_a_record());
  of.run.forget_journal();
  of.recorder.must_go_on(true);
  of.effects.for_step("resume", false);
  bool acted = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  REQUIRE(of.effects.perform(
      "RESUME",
      [&] {
        acted = true;
        return Result<Json>(Json());
      },
      world::Traffic::resume));
  CHECK(acted);
  CHECK(of.recorder.lost_a_record());
  const auto& window = of.recorder.record().windows.at(runbook::PhaseKind::window);
  CHECK(window.pause_ms >= 2);
  CHECK(window.pause_ms < 10'000);
  of.recorder.must_go_on(false);
  CHECK_FALSE(of.recorder.write("phase.begun", {{"phase", "verify"}}));
  CHECK(of.recorder.record().phase == runbook::PhaseKind::window);
}

}  // namespace pgcleave::engine

#include "engine/recorder.h"

#include <catch2/catch.hpp>
#include <thread>

#include "a_run.h"
#include "engine/effects.h"

namespace pgcleave::engine {
namespace {

std::vector<std::string> points;
void remember(const std::string& point) { points.push_back(point); }

std::vector<std::string> types(const ARun& run) {
  std::vector<std::string> all;
  for (const auto& event : run.events()) all.push_back(event.type);
  return all;
}

// The effects of a run, and the journal behind it.
struct ADoor {
  ARun run{head};
  journal::Journal book = run.journal();
  Recorder recorder{book, ARun::id, {}, nullptr};
  JournaledEffects effects{recorder};
};

}  // namespace

TEST_CASE("what is written is in the journal and in the live record at once") {
  ARun run(head);
  auto book = run.journal();
  Recorder recorder(book, ARun::id, {}, nullptr);
  REQUIRE(recorder.write("run.begun", {{"pid", 5}}));
  CHECK(recorder.record().pid == 5);
  REQUIRE(recorder.write_to_disk("phase.begun", {{"phase", "prepare"}}));
  CHECK(recorder.record().phase == "prepare");
  CHECK(run.record().phase == "prepare");
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
                                           "before effect open the sluice", "after effect open the sluice", "before record effect.done a",
                                           "after record effect.done a"});
}

TEST_CASE("without a journal nothing is done") {
  ADoor of;
  REQUIRE(of.recorder.write("phase.begun", {{"phase", "prepare"}}));
  of.run.forget_journal();
  CHECK_FALSE(of.recorder.write("phase.begun", {{"phase", "window"}}));
  CHECK(of.recorder.record().phase == "prepare");
  bool acted = false;
  CHECK_FALSE(of.effects.perform("open the sluice", [&] {
    acted = true;
    return Result<Json>(Json());
  }));
  CHECK_FALSE(acted);
  CHECK(of.effects.performed() == 0);
}

TEST_CASE("while clients wait a journal that fails stops nothing, and the record still follows") {
  ADoor of;
  REQUIRE(of.recorder.write("phase.begun", {{"phase", "window"}}));
  REQUIRE(of.recorder.write("window.entered", {{"phase", "window"}, {"budget_ms", 1.0}}));
  of.effects.for_step("pause", false);
  REQUIRE(of.effects.perform("PAUSE", [] { return Result<Json>(Json()); }, steps::Traffic::pause));
  CHECK_FALSE(of.recorder.lost_a_record());
  of.run.forget_journal();
  of.recorder.must_go_on(true);
  of.effects.for_step("resume", false);
  bool acted = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  REQUIRE(of.effects.perform("RESUME", [&] {
    acted = true;
    return Result<Json>(Json());
  }, steps::Traffic::resume));
  CHECK(acted);
  CHECK(of.recorder.lost_a_record());
  const auto& window = of.recorder.record().windows.at("window");
  CHECK(window.pause_ms >= 2);
  CHECK(window.pause_ms < 10'000);
  of.recorder.must_go_on(false);
  CHECK_FALSE(of.recorder.write("phase.begun", {{"phase", "verify"}}));
  CHECK(of.recorder.record().phase == "window");
}

TEST_CASE("an effect is announced before it is made, and its end is told") {
  ADoor of;
  of.effects.for_step("pause", true);
  const auto got = of.effects.perform("PAUSE everything", [&]() -> Result<Json> {
    CHECK(types(of.run) == std::vector<std::string>{"effect.announced"});
    return Json(7);
  }, steps::Traffic::pause);
  REQUIRE(got);
  CHECK(*got == 7);
  CHECK(of.effects.performed() == 1);
  const auto events = of.run.events();
  REQUIRE(events.size() == 2);
  for (const auto& event : events) {
    CHECK(event.data.at("step") == "pause");
    CHECK(event.data.at("traffic") == "pause");
    CHECK(event.data.at("undo") == true);
    CHECK(event.data.at("effect") == "PAUSE everything");
  }
  CHECK(events[1].data.at("outcome") == "ok");
  CHECK(events[1].data.at("ms") >= 0);
}

TEST_CASE("an effect that was refused failed; one whose answer was lost is unknown") {
  const auto outcome = [](ErrorKind kind) {
    ADoor of;
    of.effects.for_step("a", false);
    const auto got = of.effects.perform("try", [&]() -> Result<Json> { return fail({kind, "thing", "went wrong", "this", "that", "do it", "57014"}); });
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == kind);
    const auto done = of.run.events().back();
    CHECK(done.type == "effect.done");
    CHECK_FALSE(done.data.contains("traffic"));
    CHECK(done.data.at("error") == Json{{"kind", name_of(kind)}, {"object", "thing"}, {"what", "went wrong"}, {"expected", "this"}, {"seen", "that"}, {"hint", "do it"}, {"code", "57014"}});
    return done.data.at("outcome").get<std::string>();
  };
  CHECK(outcome(ErrorKind::failed) == "failed");
  CHECK(outcome(ErrorKind::foreign) == "failed");
  CHECK(outcome(ErrorKind::unknown) == "unknown");
  CHECK(outcome(ErrorKind::timed_out) == "unknown");
  CHECK(outcome(ErrorKind::interrupted) == "unknown");
}

TEST_CASE("an effect whose time is over is not begun, and has failed") {
  ADoor of;
  bool acted = false;
  const auto open = [&] {
    acted = true;
    return Result<Json>(Json());
  };
  of.effects.for_step("take", false, Deadline::in({}));
  const auto late = of.effects.perform("open the sluice", open);
  REQUIRE_FALSE(late);
  CHECK(late.error().text() == "open the sluice: not begun, since the time for it was over");
  CHECK_FALSE(acted);
  CHECK(of.run.events().back().data.at("outcome") == "failed");
  of.effects.for_step("take", false);
  REQUIRE(of.effects.perform("open the sluice", open));
  CHECK(acted);
}

TEST_CASE("a dry run makes no effect and collects what would be done") {
  DryRunEffects effects;
  bool acted = false;
  const auto got = effects.perform("open the sluice", [&] {
    acted = true;
    return Result<Json>(Json(1));
  });
  REQUIRE(got);
  CHECK(got->is_null());
  CHECK_FALSE(acted);
  REQUIRE(effects.perform("close it", nullptr));
  CHECK(effects.take() == std::vector<std::string>{"open the sluice", "close it"});
  CHECK(effects.take().empty());
}

}  // namespace pgcleave::engine

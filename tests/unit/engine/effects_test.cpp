#include "engine/effects.h"

#include <catch2/catch.hpp>

#include "recorded_effects.h"

namespace pgcleave::engine {
namespace {

std::vector<std::string> types(const ARun& run) {
  std::vector<std::string> all;
  for (const auto& event : run.events()) all.push_back(event.type);
  return all;
}

}  // namespace

TEST_CASE("an effect is announced before it is made, and its end is told") {
  Recorded of;
  of.effects.for_step("pause", true);
  const auto got = of.effects.perform(
      "PAUSE everything",
      [&]() -> Result<Json> {
        CHECK(types(of.run) == std::vector<std::string>{"effect.announced"});
        return Json(7);
      },
      world::Traffic::pause);
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
    Recorded of;
    of.effects.for_step("a", false);
    const auto got = of.effects.perform(
        "try", [&]() -> Result<Json> { return fail({kind, "thing", "went wrong", "this", "that", "do it", "57014"}); });
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == kind);
    const auto done = of.run.events().back();
    CHECK(done.type == "effect.done");
    CHECK_FALSE(done.data.contains("traffic"));
    CHECK(done.data.at("error") == Json{{"kind", name_of(kind)},
                                        {"object", "thing"},
                                        {"what", "went wrong"},
                                        {"expected", "this"},
                                        {"seen", "that"},
                                        {"hint", "do it"},
                                        {"code", "57014"}});
    return done.data.at("outcome").get<std::string>();
  };
  CHECK(outcome(ErrorKind::failed) == "failed");
  CHECK(outcome(ErrorKind::conflict) == "failed");
  CHECK(outcome(ErrorKind::unknown) == "unknown");
  CHECK(outcome(ErrorKind::timed_out) == "unknown");
  CHECK(outcome(ErrorKind::interrupted) == "unknown");
}

TEST_CASE("an effect whose time is over is not begun, and has failed") {
  Recorded of;
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

#include "journal/words/outcomes.h"

#include <catch2/catch.hpp>

namespace pgcleave::journal {

TEST_CASE("an outcome is read from the text that is written for it, and from no other") {
  for (const auto outcome : {RunOutcome::done, RunOutcome::undone, RunOutcome::window_undone, RunOutcome::rolled_back,
                             RunOutcome::rollback_undone, RunOutcome::waiting, RunOutcome::stopped}) {
    CHECK(run_outcome(name_of(outcome)) == outcome);
  }
  for (const auto outcome : {WindowOutcome::done, WindowOutcome::undone, WindowOutcome::failed}) {
    CHECK(window_outcome(name_of(outcome)) == outcome);
  }
  for (const auto outcome : {EffectOutcome::ok, EffectOutcome::failed, EffectOutcome::unknown}) {
    CHECK(effect_outcome(name_of(outcome)) == outcome);
  }
  for (const auto* text : {"", "Done", "rolled back", "done "}) {
    CHECK_FALSE(run_outcome(text));
    CHECK_FALSE(window_outcome(text));
    CHECK_FALSE(effect_outcome(text));
  }
  CHECK(goes_back({{"direction", "rollback"}}));
  CHECK_FALSE(goes_back({{"direction", "on"}}));
  CHECK_FALSE(goes_back(Json::object()));
}

}  // namespace pgcleave::journal

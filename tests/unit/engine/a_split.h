// Runs that pass ownership between two real servers, and all that they tell: people, the guard and the watch, in order.
#pragma once

#include <chrono>
#include <memory>
#include <thread>

#include "a_run.h"
#include "fence/ownership.h"
#include "fence/split_tables.h"
#include "steps/two_sides.h"

namespace pgcleave::engine {

// What a run tells, each with its kind before it: "say", "warn", "guard", "watch".
class Told {
 public:
  explicit Told(ARun& run) {
    run.when_said = [this](const std::string& text) { add("say", text); };
    run.when_warned = [this](const std::string& text) { add("warn", text); };
    run.guard.stand_by = [this](const runbook::Phase& phase, bool clients_wait) {
      add("guard", "stands by for " + phase.name + (clients_wait ? ", clients wait" : ""));
      return no_guard ? fail(*no_guard) : Result<void>();
    };
    run.guard.watch = [this](Duration longest_stop) {
      add("guard", "watches, longest stop " + std::to_string(longest_stop.count() / 1000) + " ms");
      return guard_gone ? fail(*guard_gone) : Result<void>();
    };
    run.guard.dismiss = [this] { add("guard", "is dismissed"); };
    run.probe.begin = [this](const runbook::Phase& phase, bool) { add("watch", "begins for " + phase.name); };
    run.probe.end = [this](const runbook::Phase& phase) {
      add("watch", "ends for " + phase.name);
      return Json{{"why", ""}, {"outage_ms", 61.25}, {"through", "bouncer-2"}};
    };
  }

  // Where the first of this kind that holds these words stands; -1: nowhere.
  [[nodiscard]] int at(const std::string& kind, const std::string& words) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].rfind(kind + ": ", 0) == 0 && all[i].find(words) != std::string::npos) return static_cast<int>(i);
    }
    return -1;
  }
  [[nodiscard]] bool has(const std::string& kind, const std::string& words) const { return at(kind, words) >= 0; }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& one : all) text += one + "\n";
    return text;
  }

  std::vector<std::string> all;
  std::optional<Error> no_guard;
  std::optional<Error> guard_gone;
  std::function<void(const std::string&)> when_added;

 private:
  void add(const std::string& kind, const std::string& words) {
    all.push_back(kind + ": " + words);
    if (const auto act = when_added) act(all.back());  // which may be replaced by what it does
  }
};

inline const std::string release_and_take =
    "  - {id: release, uses: ownership.release, with: {on: source}}\n  - {id: take, uses: ownership.take, with: {on: "
    "target}}\n";
inline const std::string release_and_take_back =
    "    - {id: release_back, uses: ownership.release, with: {on: target}}\n    - {id: take_back, uses: "
    "ownership.take, with: {on: "
    "source}}\n";

class ASplit : public ARun {
 public:
  explicit ASplit(const std::string& text) : ARun(text), told(*this) {
    install_anew();
    open_world = [this] {
      sides_.push_back(std::make_unique<steps::test::TwoSides>(
          postgres::test::main_server().port(), target_answers ? postgres::test::ci_server().port() : 1));
      auto opened = std::move(sides_.back()->world);
      opened.environment.name = "nowhere";
      opened.run.knows_all = knows_all;
      return opened;
    };
  }

  // As ownership.install does it; the split file of these runs has no table.
  void install_anew() {
    for (auto* side : {&source, &target}) {
      postgres::test::run(*side, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
      REQUIRE(fence::install(*side, {"ci", "main", "ci"}, postgres::test::soon()));
      REQUIRE(fence::freeze_split(*side, "ci", fence::FrozenSplit{id, 1, "", {}}, postgres::test::soon()));
    }
  }

  [[nodiscard]] std::string owner_on(postgres::Connection& side) {
    const auto owner = fence::owner(side, "ci", postgres::test::soon());
    if (!owner) FAIL(owner.error().text());
    return owner->has_value() ? fence::name_of(**owner) : "not installed";
  }
  [[nodiscard]] std::string owners() { return owner_on(source) + ", " + owner_on(target); }

  // Another operator takes the split over, elsewhere, while this process is away for longer than it may be.
  void is_taken_over() {
    for (auto* side : {&source, &target}) {
      const fence::Holder other{"r-20260101-000000-0002", 99, "bob@ops2", "ops2", "/other.db", "", false};
      const auto held = fence::hold(*side, "ci", other, true, postgres::test::soon());
      if (!held) FAIL(held.error().text());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(550));
  }
  void is_taken_over_after(const std::string& words) {
    told.when_added = [this, words](const std::string& text) {
      if (text.find(words) == std::string::npos) return;
      told.when_added = nullptr;
      is_taken_over();
    };
  }

  bool target_answers = true;
  bool knows_all = true;  // its journal holds all that was done
  Told told;
  postgres::Connection source = postgres::test::main_server().connect();
  postgres::Connection target = postgres::test::ci_server().connect();

 private:
  std::vector<std::unique_ptr<steps::test::TwoSides>> sides_;
};

}  // namespace pgcleave::engine

#include "engine/window_runner.h"

#include <future>
#include <optional>
#include <thread>

#include "a_split.h"
#include "a_state.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

struct AWindow : AState {
  explicit AWindow(ARun& run) : AState(run), hooks(state, run.probe, run.guard) {
    write("phase.begun", {{"phase", "window"}});
  }
  SplitLease lease{state};
  StepRunner steps{state};
  WindowHooks hooks;
  WindowRunner windows{state, steps, lease, hooks};
};

Json entered_of(const ARun& run) {
  for (const auto& event : run.events()) {
    if (event.type == "window.entered") return event.data;
  }
  return {};
}

}  // namespace

TEST_CASE("a window keeps three tenths of its budget for undo, at least 200 ms and at most half") {
  for (const auto& [budget, reserve] :
       {std::pair{"10s", 3000.0}, std::pair{"500ms", 200.0}, std::pair{"300ms", 150.0}}) {
    ARun run(head + window(make("a"), budget));
    Duration longest{};
    run.guard.watch = [&](Duration longest_stop) {
      longest = longest_stop;
      return Result<void>();
    };
    AWindow of(run);
    static_cast<void>(of.windows.run(of.phase(runbook::PhaseKind::window)));
    const auto entered = entered_of(run);
    CHECK(entered.at("undo_reserve_ms") == reserve);
    CHECK(static_cast<double>(longest.count()) / 1000 == entered.at("budget_ms").get<double>() - reserve);
  }
}

TEST_CASE("a window that fails before ownership is taken stays open for its caller, who undoes it") {
  ARun run(head + window(make("a") + line("b", "exit 1") + make("c")));
  AWindow of(run);
  const auto left = of.windows.run(of.phase(runbook::PhaseKind::window));
  REQUIRE_FALSE(left);
  CHECK(left.error().text().find("exit code 1") != std::string::npos);
  CHECK(run.record().open_window() != nullptr);
  CHECK_FALSE(of.windows.ownership_is_unknown());
  CHECK(run.log() == Lines{"do a"});
}

TEST_CASE("a window is finished from the step after the one that took ownership, and then left") {
  ARun run(head + window(make("a") + make("b")));
  AWindow of(run);
  of.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}});
  of.write("window.taken", {{"phase", "window"}});
  REQUIRE(of.windows.finish(of.phase(runbook::PhaseKind::window), 1));
  CHECK(run.log() == Lines{"do b"});
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::done);
}

TEST_CASE("the owner says whether ownership was taken, and is waited for until the deadline") {
  ASplit run(head + window(release_and_take));
  AWindow of(run);
  REQUIRE(of.lease.acquire());
  const auto asked = [&](bool fence_out) {
    const auto taken = of.windows.was_taken(of.line("take"), postgres::test::soon(), fence_out);
    if (!taken) FAIL(taken.error().text());
    return *taken;
  };
  const auto before = of.world.run.epoch;
  CHECK_FALSE(asked(false));
  CHECK(of.world.run.epoch == before);
  const auto pass = [&](postgres::Connection& side, fence::Owner from, fence::Owner to) {
    return fence::pass_ownership(side, "ci", from, to, ARun::id, of.world.run.epoch, postgres::test::soon())
        .has_value();
  };
  for (auto* side : {&run.source, &run.target}) REQUIRE(pass(*side, fence::Owner::source, fence::Owner::nobody));
  CHECK_FALSE(asked(false));
  REQUIRE(pass(run.target, fence::Owner::nobody, fence::Owner::target));
  CHECK(asked(true));
  CHECK(of.world.run.epoch == before + 1);  // what was sent before can't arrive any more

  run.target_answers = false;
  AWindow blind(run);
  const auto unseen = blind.windows.was_taken(blind.line("take"), Deadline::in(std::chrono::milliseconds(200)), false);
  REQUIRE_FALSE(unseen);
  CHECK(unseen.error().kind == ErrorKind::timed_out);
}

TEST_CASE(
    "where the answer to a take was lost, requests that are on their way are fenced out before the owner is asked") {
  ASplit run(head + window(release_and_take));
  // The request waits for a lock of ours when its session is ended: so it was sent, and nobody answers it.
  std::optional<postgres::Connection> blocker;
  std::future<void> ended;
  when_passed = [&](const std::string& point) {
    if (blocker || point.find("before effect give ownership") != 0) return;
    blocker.emplace(postgres::test::ci_server().connect());
    postgres::test::run(*blocker, "BEGIN");
    postgres::test::run(*blocker, "LOCK TABLE pgcleave.ownership_log IN SHARE MODE");
    ended = std::async(std::launch::async, [&] {
      const std::string end_it =
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = "
          "'pgcleave.ownership_log'::regclass";
      while (postgres::test::run(run.target, end_it).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      postgres::test::run(*blocker, "ROLLBACK");
    });
  };
  const auto ending = run.forward();
  REQUIRE(ended.valid());
  ended.get();
  INFO(run.told.text());
  CHECK(ending.exit == ExitCode::undone);
  CHECK(run.owner_on(run.source) == "source");
  bool asked_to_take = false, signed_since = false;
  for (const auto& event : run.events()) {
    asked_to_take = asked_to_take || (event.type == "step.intent" && event.data.at("step") == "take");
    signed_since = signed_since || (asked_to_take && event.type == "run.signing");
    if (event.type == "step.failed" && event.data.at("step") == "take") CHECK(event.data.at("outcome") == "unknown");
  }
  CHECK(signed_since);
}

TEST_CASE("a window whose budget can't be read is not entered") {
  for (const auto& [budget, words] : {std::pair{Json(), "params.budget"}, std::pair{Json(17), "17"}}) {
    ARun run(head + "params:\n  budget: {type: duration, default: 5s, help: how long}\n" +
             window(make("a"), "${params.budget}"));
    if (!budget.is_null()) run.params = {{"budget", budget}};
    const auto ending = run.forward();
    CHECK(ending.exit == ExitCode::not_ready);
    INFO(ending.text);
    CHECK(ending.text.find(words) != std::string::npos);
    CHECK(ending.text.find("nothing was changed") != std::string::npos);
    CHECK(run.log().empty());
  }
}

}  // namespace pgcleave::engine

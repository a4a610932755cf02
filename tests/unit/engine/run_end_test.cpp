#include "engine/run_end.h"

#include "a_split.h"
#include "a_state.h"
#include "engine/step_runner.h"

namespace pgcleave::engine {
namespace {

struct AnEnd : AState {
  explicit AnEnd(ARun& run) : AState(run), hooks(state, run.probe, run.guard) {}
  SplitLease lease{state};
  Undoer undoer{state};
  WindowHooks hooks;
  RunEnd end{state, lease, undoer, hooks};
};

Error refusal(ErrorKind kind) {
  return {kind, "disk", "is full", "", "", "", ""};
}

}  // namespace

TEST_CASE("a run that is over releases the split's lease, and one that has to be resumed keeps it") {
  for (const auto& [outcome, over] :
       {std::pair{journal::RunOutcome::done, true}, std::pair{journal::RunOutcome::undone, true},
        std::pair{journal::RunOutcome::rolled_back, true}, std::pair{journal::RunOutcome::rollback_undone, false},
        std::pair{journal::RunOutcome::window_undone, false}, std::pair{journal::RunOutcome::waiting, false},
        std::pair{journal::RunOutcome::stopped, false}}) {
    ASplit run(head + "prepare:\n" + make("a"));
    AnEnd of(run);
    REQUIRE(of.lease.acquire());
    const auto result = of.end.finish(outcome, ExitCode::needs_person, "for a test");
    INFO(name_of(outcome));
    CHECK(result.exit == ExitCode::needs_person);
    CHECK(result.state == "source main owns the moved tables; no pool is paused");
    const auto held = fence::held(run.source, "ci", postgres::test::soon());
    REQUIRE(held);
    CHECK(held->holder->over == over);
    CHECK(run.record().exit == static_cast<int>(ExitCode::needs_person));
  }
}

TEST_CASE("a failure before anything was changed says so and undoes nothing") {
  ARun run(head + "prepare:\n" + make("a"));
  AnEnd of(run);
  const auto result = of.end.failed_outside(of.phase(runbook::PhaseKind::prepare), refusal(ErrorKind::failed));
  CHECK(result.exit == ExitCode::not_ready);
  CHECK(result.text == "disk: is full; nothing was changed");
  CHECK(run.record().outcome == journal::RunOutcome::undone);
}

TEST_CASE("a run that was asked to stop undoes nothing, unless a person rejected the gate of its rollback") {
  for (const bool rejected : {false, true}) {
    ARun run(head + window(make("w")) + "rollback:\n  prepare:\n  " + make("a"));
    AnEnd of(run);
    of.write("run.resumed", {{"direction", "rollback"}});
    of.write("phase.begun", {{"phase", "rollback.prepare"}});
    StepRunner steps(of.state);
    REQUIRE(steps.run(of.line("a"), Deadline::in(std::chrono::seconds(20)), nullptr));
    const auto result = of.end.failed_outside(of.phase(runbook::PhaseKind::rollback_prepare),
                                              refusal(ErrorKind::interrupted), rejected);
    CHECK(result.exit == (rejected ? ExitCode::not_ready : ExitCode::needs_person));
    CHECK(run.has("a") != rejected);
  }
}

TEST_CASE("a window of which nobody can tell whether ownership was taken is left as it is") {
  ARun run(head + window(make("a")));
  bool dismissed = false;
  run.guard.dismiss = [&] { dismissed = true; };
  AnEnd of(run);
  of.write("phase.begun", {{"phase", "window"}});
  of.write("window.entered", {{"phase", "window"}});
  StepRunner steps(of.state);
  REQUIRE(steps.run(of.line("a"), Deadline::in(std::chrono::seconds(20)), nullptr));
  const auto stuck = of.end.failed_in_window(of.phase(runbook::PhaseKind::window), refusal(ErrorKind::unknown), true);
  CHECK(stuck.exit == ExitCode::needs_person);
  CHECK(run.has("a"));
  CHECK_FALSE(dismissed);
  CHECK(run.record().open_window() != nullptr);
  const auto undone = of.end.failed_in_window(of.phase(runbook::PhaseKind::window), refusal(ErrorKind::failed), false);
  CHECK(undone.exit == ExitCode::undone);
  CHECK_FALSE(run.has("a"));
  CHECK(dismissed);
  CHECK(run.record().outcome == journal::RunOutcome::window_undone);
}

}  // namespace pgcleave::engine

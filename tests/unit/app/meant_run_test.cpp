#include "app/meant_run.h"

#include <catch2/catch.hpp>

#include "app/acted.h"
#include "journal/words/outcomes.h"

using namespace pgcleave;
using namespace pgcleave::app;

namespace {

engine::RunRecord run_with(const std::string& id, journal::RunOutcome outcome) {
  engine::RunRecord run;
  run.id = id;
  run.begun = {{"name", "switchover"}, {"split_name", "ci"}, {"environment_name", "lab"}};
  run.finished = true;
  run.outcome = outcome;
  return run;
}

// The second run holds the split.
JournalRuns two_runs(std::vector<engine::RunRecord> newest_first) {
  JournalRuns runs;
  runs.newest_first = std::move(newest_first);
  engine::SplitRuns split;
  split.split = "ci";
  split.split_by = &runs.newest_first.back();
  for (const auto& run : runs.newest_first) split.all.push_back(&run);
  runs.splits.push_back(split);
  return runs;
}

}  // namespace

TEST_CASE("a run that was undone can't be resumed: that is an error, and names the command that begins anew") {
  const auto run = run_with("r-2", journal::RunOutcome::undone);
  const auto over = is_over(run, {}, engine::Intent::resume, " -e lab.yml");
  REQUIRE_FALSE(over);
  CHECK(over.error().kind == ErrorKind::not_ready);
  CHECK(over.error().hint == "begin anew with: pgcleave run switchover -e lab.yml");
}

TEST_CASE("of a run that is over nothing is left to do, unless another one holds the split that is to go back") {
  auto runs = two_runs({run_with("r-2", journal::RunOutcome::rolled_back), run_with("r-1", journal::RunOutcome::done)});
  const auto& over = runs.newest_first.front();
  const auto& holds = runs.newest_first.back();
  CHECK(is_over(holds, runs, engine::Intent::resume, "").value().ends_with("nothing to do"));
  CHECK(is_over(over, runs, engine::Intent::resume, "").value().find("run r-1 (switchover) split it") !=
        std::string::npos);
  const auto refused = is_over(over, runs, engine::Intent::rollback, " -e lab.yml");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_ready);
  CHECK(refused.error().hint == "to roll the split back: pgcleave rollback r-1 -e lab.yml");
}

TEST_CASE("clients may wait while a window is open, and where one could not be undone") {
  auto run = run_with("r-1", journal::RunOutcome::stopped);
  CHECK_FALSE(leaves_clients_waiting(run));
  run.windows[runbook::PhaseKind::window].open = true;
  CHECK(leaves_clients_waiting(run));
  run.windows[runbook::PhaseKind::window].open = false;
  run.windows[runbook::PhaseKind::window].outcome = journal::WindowOutcome::undone;
  CHECK_FALSE(leaves_clients_waiting(run));
  run.windows[runbook::PhaseKind::window].outcome = journal::WindowOutcome::failed;
  CHECK(leaves_clients_waiting(run));
}

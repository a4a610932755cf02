#include "engine/split_runs.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace pgcleave::engine {
namespace {

// A journal's runs, begun one after another.
class Runs {
 public:
  RunRecord& add(const std::string& id, const std::string& runbook, const std::string& outcome,
                 const std::string& split = "ci", const std::string& environment = "lab") {
    RunRecord run;
    run.id = id;
    run.begun = {{"name", runbook}, {"split_name", split}, {"environment_name", environment}};
    run.begun_at_us = run.last_at_us = ++clock_;
    run.finished = !outcome.empty();
    run.outcome = journal::run_outcome(outcome);
    return *all_.insert(all_.begin(), run);
  }
  RunRecord& split(const std::string& id, const std::string& outcome = "done", const std::string& name = "ci",
                   const std::string& environment = "lab") {
    auto& run = add(id, "logical-switchover", outcome, name, environment);
    run.windows[runbook::PhaseKind::window].taken = true;
    return run;
  }
  // One that did what can't be undone.
  RunRecord& cleanup(const std::string& id, const std::string& outcome) {
    auto& run = add(id, "cleanup", outcome);
    run.order = {"end"};
    run.steps["end"].uses = "replication.stop_reverse";
    run.steps["end"].effects = 1;
    return run;
  }
  void happens_now(const std::string& id) {
    for (auto& run : all_) {
      if (run.id == id) run.last_at_us = ++clock_;
    }
  }
  [[nodiscard]] std::string meant(Intent intent, const SplitWanted& wanted = {}) const {
    const auto run = run_meant(narrowed(runs_by_split(all_), wanted), intent, " -e lab.yml");
    return run ? (*run)->id : std::string(name_of(run.error().kind)) + ": " + run.error().text();
  }
  [[nodiscard]] std::vector<SplitRuns> splits() const { return runs_by_split(all_); }

 private:
  std::int64_t clock_ = 0;
  std::vector<RunRecord> all_;
};

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a run that was refused after the split does not take its place") {
  Runs runs;
  runs.split("r-1");
  runs.add("r-2", "logical-switchover", "undone");
  for (const auto intent : {Intent::resume, Intent::rollback, Intent::inspect}) CHECK(runs.meant(intent) == "r-1");
}

TEST_CASE("a fence that was done after the split does not take its place") {
  Runs runs;
  runs.split("r-1");
  runs.add("r-2", "fence", "done");
  CHECK(runs.meant(Intent::rollback) == "r-1");
  CHECK(runs.meant(Intent::inspect) == "r-1");
}

TEST_CASE("a cleanup that was refused or taken back leaves the split its rollback") {
  Runs runs;
  runs.split("r-1");
  runs.add("r-2", "cleanup", "undone");
  CHECK(runs.meant(Intent::rollback) == "r-1");
}

TEST_CASE("a cleanup that did what can't be undone ends the rollback path, and stands for the split") {
  Runs runs;
  runs.split("r-1");
  runs.cleanup("r-2", "done");
  runs.add("r-3", "fence", "undone");
  CHECK(runs.splits().front().split_by == nullptr);
  CHECK(runs.splits().front().ended_by->id == "r-2");
  CHECK(runs.meant(Intent::rollback) == "r-2");
  CHECK(runs.meant(Intent::inspect) == "r-2");
}

TEST_CASE("a cleanup that was stopped halfway is the one to finish") {
  Runs runs;
  runs.split("r-1");
  runs.cleanup("r-2", "stopped");
  for (const auto intent : {Intent::resume, Intent::rollback, Intent::inspect}) CHECK(runs.meant(intent) == "r-2");
}

TEST_CASE("while another run of the split is not finished, a rollback is refused with both and with what to type") {
  Runs runs;
  runs.split("r-1");
  runs.add("r-2", "cleanup", "waiting");
  CHECK(runs.meant(Intent::resume) == "r-2");
  CHECK(runs.meant(Intent::inspect) == "r-2");
  const auto refusal = runs.meant(Intent::rollback);
  CHECK(refusal.rfind("held: split ci", 0) == 0);
  CHECK(says(refusal, "run r-2 (cleanup, waiting for approval)"));
  CHECK(says(refusal, "run r-1 (logical-switchover, done) split it"));
  CHECK(says(refusal, "first: pgcleave rollback r-2 -e lab.yml"));
  CHECK(says(refusal, "then: pgcleave rollback r-1 -e lab.yml"));
}

TEST_CASE("a run that stopped while it verified is the one to resume and to roll back") {
  Runs runs;
  runs.split("r-1", "stopped");
  CHECK(runs.meant(Intent::resume) == "r-1");
  CHECK(runs.meant(Intent::rollback) == "r-1");
}

TEST_CASE("a rollback that stopped after its window is the one to resume") {
  Runs runs;
  auto& run = runs.split("r-1", "stopped");
  run.windows[runbook::PhaseKind::rollback_window].taken = true;
  run.rolling_back = true;
  CHECK(runs.splits().front().split_by == nullptr);
  CHECK(runs.meant(Intent::resume) == "r-1");
  CHECK(runs.meant(Intent::rollback) == "r-1");
}

TEST_CASE("a run that was rolled back holds nothing; the next one that splits does") {
  Runs runs;
  runs.split("r-1", "rolled_back");
  CHECK(runs.splits().front().split_by == nullptr);
  CHECK(runs.meant(Intent::rollback) == "r-1");
  runs.add("r-2", "logical-switchover", "undone");
  for (const auto intent : {Intent::resume, Intent::rollback, Intent::inspect}) CHECK(runs.meant(intent) == "r-2");
  runs.happens_now("r-1");
  for (const auto intent : {Intent::resume, Intent::rollback, Intent::inspect}) CHECK(runs.meant(intent) == "r-1");
  runs.split("r-3");
  runs.add("r-4", "fence", "done");
  CHECK(runs.meant(Intent::rollback) == "r-3");
  CHECK(runs.splits().front().last_split_by->id == "r-3");
}

TEST_CASE("a run that never came to its window is undone by a rollback") {
  Runs runs;
  runs.add("r-1", "logical-switchover", "waiting");
  CHECK(runs.meant(Intent::rollback) == "r-1");
  CHECK(runs.meant(Intent::resume) == "r-1");
}

TEST_CASE("of several splits a rollback wants to be told which; the environment tells it") {
  Runs runs;
  runs.split("r-1", "done", "ci", "shop");
  runs.split("r-2", "done", "billing", "bank");
  runs.add("r-3", "fence", "", "billing", "bank");
  const auto refusal = runs.meant(Intent::rollback);
  CHECK(refusal.rfind("invalid: this journal", 0) == 0);
  CHECK(says(refusal, "split ci on shop: run r-1"));
  CHECK(says(refusal, "split billing on bank: run r-3"));
  CHECK(says(refusal, "pgcleave rollback r-1"));
  CHECK(runs.meant(Intent::resume) == "r-3");
  CHECK(runs.meant(Intent::rollback, {"shop", "ci"}) == "r-1");
  CHECK(runs.meant(Intent::inspect, {"shop", ""}) == "r-1");
  CHECK(runs.splits().size() == 2);
}

TEST_CASE("two splits of one environment are told apart by its split file") {
  Runs runs;
  runs.split("r-1", "done", "ci");
  runs.split("r-2", "done", "billing");
  CHECK(says(runs.meant(Intent::rollback, {"lab", ""}), "none is named"));
  CHECK(runs.meant(Intent::rollback, {"lab", "ci"}) == "r-1");
}

TEST_CASE("an environment that the journal does not know narrows nothing down") {
  Runs runs;
  runs.split("r-1");
  CHECK(runs.meant(Intent::rollback, {"another", "other"}) == "r-1");
}

}  // namespace pgcleave::engine

#include "readiness/process_findings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "steps/registry.h"

using namespace pgcleave;
using namespace pgcleave::checks;
using namespace pgcleave::readiness;
using readiness::Mismatch;
using readiness::Round;

namespace {

const std::string a_runbook = R"(pgcleave: 1
name: a-split
params:
  budget: {type: duration, default: 100ms}
rehearsal: {times: 2}
roles: [driver]
prepare:
  - {id: reverse, uses: replication.create_slot_reverse}
window:
  budget: "${params.budget}"
  steps:
    - {id: pause, uses: pgbouncer.pause}
    - {id: resume, uses: pgbouncer.resume}
rollback:
  then:
    - {id: check, uses: check.lag}
)";

Change a_change() {
  auto read = runbook::read_runbook("a.yml", a_runbook, steps::vocabulary());
  REQUIRE(read.value);
  Change change;
  change.runbook = std::move(*read.value);
  change.params = {{"budget", "100ms"}};
  change.environment.name = "prod";
  change.environment.path = "prod.yml";
  return change;
}

Round good_round(double pause_ms, bool rolled_back = true) {
  Round round;
  round.rehearsal = "h-1";
  round.number = 1;
  round.good = true;
  round.rolled_back = rolled_back;
  round.run.id = "r-1";
  round.run.begun = {{"name", "a-split"}, {"params", {{"budget", "100ms"}}}};
  round.run.windows[runbook::PhaseKind::window].pause_ms = pause_ms;
  return round;
}

Evidence enough() {
  Evidence evidence;
  evidence.rehearsed.counting = {good_round(40), good_round(50)};
  evidence.signatures = {{"driver", "ann@ops", "", 1}};
  return evidence;
}

std::set<std::string> ids(const Evidence& evidence, const Change& change = a_change()) {
  std::set<std::string> found;
  for (const auto& finding : readiness::process_findings(change, evidence)) {
    CHECK_FALSE(finding.evidence.empty());
    CHECK_FALSE(finding.why.empty());
    CHECK_FALSE(finding.fix.empty());
    found.insert(finding.id);
  }
  return found;
}

using Ids = std::set<std::string>;

}  // namespace

TEST_CASE("a change that was rehearsed there and back, fits its budget and is signed has no finding") {
  CHECK(ids(enough()).empty());
}

TEST_CASE("what was never rehearsed is not ready") {
  auto evidence = enough();
  evidence.rehearsed.counting.clear();
  CHECK(ids(evidence) == Ids{"process.too_few_rehearsals"});
}

TEST_CASE("rounds that do not count are said with the reason, each by its own id") {
  const std::map<Mismatch, std::string> wanted{{Mismatch::runbook, "process.rehearsal_of_other_runbook"},
                                               {Mismatch::split, "process.rehearsal_of_other_split"},
                                               {Mismatch::binary, "process.rehearsal_by_other_binary"},
                                               {Mismatch::age, "process.rehearsal_stale"}};
  for (const auto& [why, id] : wanted) {
    auto evidence = enough();
    evidence.rehearsed.others = std::move(evidence.rehearsed.counting);
    evidence.rehearsed.counting.clear();
    evidence.rehearsed.why = {why, why};
    CHECK(ids(evidence) == Ids{"process.too_few_rehearsals", id});
  }
}

TEST_CASE("old rounds beside enough young ones are no finding") {
  auto evidence = enough();
  evidence.rehearsed.others = {good_round(40)};
  evidence.rehearsed.why = {Mismatch::age};
  CHECK(ids(evidence).empty());
}

TEST_CASE("rounds without a rollback prove nothing of the rollback") {
  auto evidence = enough();
  for (auto& round : evidence.rehearsed.counting) round.rolled_back = false;
  CHECK(ids(evidence) == Ids{"process.rollback_not_rehearsed", "process.reverse_not_proven"});
  engine::StepRecord proof;
  proof.uses = "replication.prove_reverse";
  proof.status = engine::StepStatus::done;
  evidence.rehearsed.counting[0].run.steps["prove"] = proof;
  CHECK(ids(evidence) == Ids{"process.rollback_not_rehearsed"});
}

TEST_CASE("a surprise is a blocker until somebody says how it was solved, also if the runbook was changed since") {
  auto evidence = enough();
  auto bad = good_round(40);
  bad.good = false;
  bad.surprise = "a bouncer hung";
  evidence.rehearsed.others = {bad};
  evidence.rehearsed.why = {Mismatch::runbook};
  CHECK(ids(evidence) == Ids{"process.problem_unsolved"});
  evidence.rehearsed.others[0].solved = "more memory";
  CHECK(ids(evidence).empty());
}

TEST_CASE("pauses past the budget are a blocker when most are, a warning when one is") {
  auto evidence = enough();
  evidence.rehearsed.counting.assign(11, good_round(50));
  evidence.rehearsed.counting[0] = good_round(150);
  CHECK(ids(evidence) == Ids{"process.forecast_near_budget"});
  evidence.rehearsed.counting[1] = evidence.rehearsed.counting[2] = good_round(150);
  CHECK(ids(evidence) == Ids{"process.forecast_over_budget"});
}

TEST_CASE("rows that the last comparison found different are a warning, and those that it could not judge are none") {
  auto evidence = enough();
  evidence.compared.emplace();
  evidence.compared->tables = {{"ci.builds", "not reached", 7}};
  CHECK(ids(evidence).empty());
  evidence.compared->tables.front().columns = 1;
  CHECK(ids(evidence) == Ids{"process.rows_differ"});
  CHECK_THAT(readiness::process_findings(a_change(), evidence).front().evidence,
             Catch::Matchers::StartsWith("different: 1 column, in 1 table, as "));
}

TEST_CASE("one person who signs for two roles is not two people") {
  auto change = a_change();
  change.runbook.roles = {"driver", "database"};
  auto evidence = enough();
  evidence.signatures = {{"driver", "ann@ops", "", 1}, {"database", "ann@ops", "", 2}};
  CHECK(ids(evidence, change) == Ids{"process.signed_by_one"});
  evidence.signatures.push_back({"database", "bob@ops", "", 3});
  CHECK(ids(evidence, change).empty());
}

TEST_CASE("other parameters, a missing signature, an open run and an unread journal are found") {
  auto evidence = enough();
  auto change = a_change();
  change.params["budget"] = "200ms";
  CHECK(ids(evidence, change) == Ids{"process.other_params"});
  evidence.signatures[0].role = "somebody else";
  CHECK(ids(evidence) == Ids{"process.not_signed"});
  evidence = enough();
  evidence.open_runs.emplace_back();
  CHECK(ids(evidence) == Ids{"process.run_open"});
  evidence = enough();
  evidence.rehearsed.unread = {"x.db: there is no such file"};
  CHECK(ids(evidence) == Ids{"process.journal_unread"});
}

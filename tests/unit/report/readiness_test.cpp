#include "report/readiness.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "a_change.h"
#include "reports.h"

namespace pgcleave::report {
namespace {

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("what was rehearsed, checked and signed is ready") {
  AChange a;
  a.all_done();
  CHECK(a.blockers() == Ids{});
  const auto document = a.report();
  CHECK(document.verdict.mark == Mark::good);
  CHECK(document.verdict.word == "Ready");
  CHECK(document.data.at("ready") == true);
}

TEST_CASE("an empty journal is no evidence of anything") {
  AChange a;
  const auto ids = a.blockers();
  CHECK(ids == Ids{"readiness.not_checked", "process.too_few_rehearsals", "process.not_signed", "process.not_signed"});
  const auto document = a.report();
  CHECK(document.verdict.word == "Not ready");
  CHECK(document.verdict.reasons.size() == ids.size());
  CHECK(says(document, "no rehearsal counts"));
}

TEST_CASE("a rehearsal of another text of the runbook leaves the change not ready, and the report says why") {
  AChange a;
  a.all_done();
  a.change.runbook = AChange::runbook_of(AChange::text("# one word more\n"));
  const auto ids = a.blockers();
  CHECK(std::find(ids.begin(), ids.end(), "process.rehearsal_of_other_runbook") != ids.end());
  CHECK(std::find(ids.begin(), ids.end(), "readiness.not_checked") != ids.end());
  CHECK(a.report().verdict.mark == Mark::bad);
  CHECK(says(a.report(), "of another text of the runbook"));
}

TEST_CASE("a rehearsal of another split leaves the change not ready, and the report says why") {
  AChange a;
  a.all_done();
  a.change.split.text += "\n# one table more";
  const auto ids = a.blockers();
  CHECK(std::find(ids.begin(), ids.end(), "process.rehearsal_of_other_split") != ids.end());
  CHECK(says(a.report(), "of another split file"));
}

TEST_CASE("a rehearsal that is older than the runbook allows leaves the change not ready, and the report says why") {
  AChange a;
  a.all_done();
  a.now(std::chrono::hours(721));
  const auto ids = a.blockers();
  CHECK(std::find(ids.begin(), ids.end(), "process.rehearsal_stale") != ids.end());
  CHECK(says(a.report(), "older than the runbook allows"));
}

TEST_CASE("a check of yesterday says nothing of today") {
  AChange a;
  a.all_done();
  a.now(std::chrono::hours(25));
  CHECK(a.blockers() == Ids{"readiness.check_stale"});
  a.check();
  a.now();
  CHECK(a.blockers() == Ids{});
}

TEST_CASE("what the newest check found stands in the report, and what it said of the process does not") {
  AChange a;
  a.all_done();
  const auto finding = [](const std::string& id, const std::string& severity) {
    return Json{{"id", id},
                {"severity", severity},
                {"object", "table ci.builds"},
                {"evidence", "seen so"},
                {"query", "SELECT 1"},
                {"why", "it matters"},
                {"fix", "fix it"}};
  };
  a.check({finding("process.too_few_rehearsals", "blocker"), finding("schema.no_replica_identity", "blocker"),
           finding("workload.idle", "warning"), finding("fence.note", "note"), finding("new.kind", "catastrophe")});
  CHECK(a.blockers() == Ids{"schema.no_replica_identity", "new.kind"});
  const auto document = a.report();
  CHECK(says(document, "`schema.no_replica_identity`"));
  CHECK(says(document, "fix it"));
  CHECK(document.verdict.reasons.front() == "table ci.builds: seen so");
}

TEST_CASE("a round that went wrong stands there with what happened") {
  AChange a;
  a.all_done();
  a.rehearse(false, "ci-2 did not come back");
  CHECK(a.blockers() == Ids{"process.problem_unsolved"});
  CHECK(says(a.report(), "ci-2 did not come back"));
  CHECK(says(a.report(), "not marked solved"));
}

TEST_CASE("who has signed stands there, and who has not") {
  AChange a;
  a.rehearse();
  a.check();
  a.sign("driver");
  a.now();
  CHECK(a.blockers() == Ids{"process.not_signed"});
  CHECK(says(a.report(), "| driver | ✓ signed | carl@ops |"));
  CHECK(says(a.report(), "| database | ✕ open |"));
}

TEST_CASE("a signature is for one text of the environment file") {
  AChange a;
  a.all_done();
  CHECK(a.blockers().empty());
  a.change.environment.text += "# another route\n";
  CHECK(a.blockers() == Ids{"process.not_signed", "process.not_signed"});
}

TEST_CASE("a journal that was changed is a blocker") {
  AChange a;
  a.all_done();
  auto readiness = a.gathered();
  REQUIRE(readiness.chains.size() == 1);
  CHECK(readiness.chains[0].broken.empty());
  readiness.chains[0].broken = "event 3 does not fit";
  const auto document = readiness_report(readiness, {});
  CHECK(document.verdict.mark == Mark::bad);
  CHECK(document.verdict.reasons.front().find("event 3 does not fit") != std::string::npos);
}

TEST_CASE("a review has the parts that a readiness review asks for, in the order of reading") {
  AChange a;
  a.all_done();
  const auto document = a.report();
  Ids ids;
  for (const auto& section : document.sections) ids.push_back(section.id);
  CHECK(ids == Ids{"summary", "findings", "rows", "change", "topology", "rehearsals", "forecast", "back", "schedule",
                   "watch", "signatures", "evidence"});
  CHECK(says(document, "error rate above 1 %"));
  CHECK(says(document, "| p90 | "));
  CHECK(says(document, "| that move | 2 | 0 | 1 |"));
  CHECK(says(document, "1 good round ran the whole rollback"));
  CHECK(says(document, a.change.runbook.sha256));
}

TEST_CASE("the drawing shows where the moved tables are written, before and after, and reverse replication") {
  AChange a;
  const auto document = a.report();
  const auto topology = std::find_if(document.sections.begin(), document.sections.end(),
                                     [](const auto& one) { return one.id == "topology"; });
  REQUIRE(topology != document.sections.end());
  const auto& drawings = std::get<Drawings>(topology->blocks.front());
  REQUIRE(drawings.all.size() == 2);
  CHECK_FALSE(drawings.all[0].moved_at_target);
  CHECK(drawings.all[0].target.standby);
  CHECK(drawings.all[0].target.replicas == 2);
  CHECK(drawings.all[1].moved_at_target);
  REQUIRE(drawings.all[1].replication.has_value());
  CHECK_FALSE(drawings.all[1].replication->to_target);
  CHECK(lines_of(drawings.all[1])[1] == "clients of moved tables --> 2 PgBouncer (pool app) --> target ci");
}

TEST_CASE("the schedule has the time of each step from the rehearsals") {
  AChange a;
  a.all_done();
  CHECK(a.report().data.at("likely_ms").get<double>() == Approx(200 + 10 + 10).margin(1));
}

}  // namespace pgcleave::report

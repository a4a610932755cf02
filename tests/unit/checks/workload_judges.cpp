// The judges of the family workload.
#include <catch2/catch.hpp>

#include "checks/workload/sessions.h"
#include "checks/workload/statements.h"
#include "checks/workload/tables.h"
#include "some_references.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

SeenSession session(const char* query, std::optional<bool> through) {
  SeenSession one;
  one.session.pid = 4711;
  one.session.user = "app";
  one.session.application = "sidekiq";
  one.session.address = "10.0.0.1:5000";
  one.session.state = "idle";
  one.session.query = query;
  one.through = through;
  return one;
}
Findings judge(const std::vector<SeenSession>& sessions, const std::vector<PreparedTransaction>& prepared = {}) {
  TableReferences references(small_split(), {}, {});
  return judge_sessions({"source main", "5 looks in 250ms", sessions, prepared}, references);
}
Findings statements(const std::vector<SeenStatement>& all, std::int64_t evicted = 0) {
  TableReferences references(small_split(), {}, {});
  return judge_statements({true, "", "", evicted, all}, references, "source main");
}

}  // namespace

TEST_CASE("who uses moved tables past the bouncers is named once for all of his sessions") {
  const auto found = judge({session("select from ci.builds", false), session("update ci.builds set n = 1", false),
                            session("select from users", false)});
  CHECK(lines(found) ==
        Lines{"blocker workload.session_goes_round sessions of app (sidekiq) from 10.0.0.1 on source main"});
  CHECK(found[0].evidence ==
        "2 sessions, such as pid 4711 of app (sidekiq) from 10.0.0.1:5000; they touch moved ci.builds (written) (5 "
        "looks in 250ms)");
  CHECK(lines(judge({session("select from ci.builds", false)})) ==
        Lines{"warning workload.session_goes_round sessions of app (sidekiq) from 10.0.0.1 on source main"});
}

TEST_CASE("who comes through the bouncers of the moved tables and uses kept ones is named") {
  CHECK(lines(judge({session("select from users", true)})) ==
        Lines{"warning workload.pool_touches_kept sessions of app (sidekiq) from 10.0.0.1 on source main"});
  CHECK(judge({session("select from ci.builds", true)}).empty());
  auto by_locks = session("commit", true);
  by_locks.session.touched.kept = by_locks.session.touched.written = {users};
  CHECK(lines(judge({by_locks})) ==
        Lines{"blocker workload.pool_touches_kept sessions of app (sidekiq) from 10.0.0.1 on source main"});
}

TEST_CASE("where nobody knows who comes through the bouncers, nobody is accused; nor by a query that was cut off") {
  CHECK(judge({session("select from ci.builds, users", std::nullopt)}).empty());
  CHECK(judge({session("insert into ci.builds values ('unfin", false)}).empty());
}

TEST_CASE("a transaction that wrote both parts blocks, also when its session has ended") {
  auto one = session("commit", std::nullopt);
  one.here = false;
  one.session.together = {{Part::moved, builds}, {Part::kept, users}};
  const auto found = judge({one});
  CHECK(lines(found) == Lines{"blocker workload.transaction_writes_both session pid 4711 of app (sidekiq) from "
                              "10.0.0.1:5000 on source main"});
  CHECK(found[0].evidence == "one transaction wrote moved ci.builds, kept public.users (5 looks in 250ms)");
}

TEST_CASE("who would hold up a window is named after five seconds, idle or not") {
  auto one = session("select 1", std::nullopt);
  one.session.state = "active";
  one.session.transaction_s = 4.9;
  CHECK(judge({one}).empty());
  one.session.transaction_s = 61;
  CHECK(lines(judge({one})) ==
        Lines{"warning workload.long_transaction session pid 4711 of app (sidekiq) from 10.0.0.1:5000 on source main"});
  one.session.state = "idle in transaction (aborted)";
  CHECK(
      lines(judge({one})) ==
      Lines{
          "warning workload.idle_in_transaction session pid 4711 of app (sidekiq) from 10.0.0.1:5000 on source main"});
  one.here = false;
  CHECK(judge({one}).empty());
}

TEST_CASE("advisory locks and prepared transactions are named") {
  auto one = session("select 1", std::nullopt);
  one.session.advisory_locks = 2;
  CHECK(lines(judge({one}, {{"it's", "app", 90}})) ==
        Lines{"warning workload.advisory_lock session pid 4711 of app (sidekiq) from 10.0.0.1:5000 on source main",
              "blocker workload.prepared_transaction prepared transaction it's on source main"});
  CHECK(judge({}, {{"it's", "app", 90}})[0].fix == "COMMIT PREPARED or ROLLBACK PREPARED 'it''s'");
}

TEST_CASE("statements over both parts block; definitions and those of one part don't") {
  const auto found = statements({{"1", "app", 7, 1, "select from ci.builds, users", "app 5, batch 2"},
                                 {"2", "app", 7, 1, "select from users"},
                                 {"3", "app", 7, 1, "create view v as select from ci.builds, users"},
                                 {"4", "app", 7, 1, "insert into ci.jobs select from users"}});
  CHECK(lines(found) == Lines{"blocker workload.statement_crosses statement 1 of app on source main",
                              "blocker workload.statement_crosses statement 4 of app on source main"});
  CHECK(found[0].evidence ==
        "7 calls (app 5, batch 2); it touches moved ci.builds; kept public.users: select from ci.builds, users");
}

TEST_CASE("after a hundred statements that cross the rest is counted") {
  std::vector<SeenStatement> many;
  for (int i = 0; i < 130; ++i) many.push_back({std::to_string(i), "app", 1, 1, "select from ci.builds, users"});
  const auto found = statements(many);
  REQUIRE(found.size() == 101);
  CHECK(found[100].object == "30 more statements on source main");
}

TEST_CASE("what is not known of the statements is a note") {
  TableReferences references(small_split(), {}, {});
  CHECK(lines(judge_statements({false, "not there", "CREATE EXTENSION", 0, {}}, references, "source main")) ==
        Lines{"note workload.statements_unknown statements on source main"});
  CHECK(lines(statements({{"1", "app", 7, 1, "select from"}, {"2", "app", 7, 1, "no sql"}}, 3)) ==
        Lines{"note workload.statements_incomplete statements on source main",
              "note workload.statements_not_read statements on source main"});
}

TEST_CASE("a vacuum against wraparound that runs, or soon comes, is a warning") {
  CHECK(lines(judge_ages(
            {{builds, 10, 1000, true}, {{"ci", "jobs"}, 901, 1000, false}, {{"ci", "old"}, 900, 1000, false}},
            "source main")) == Lines{"warning workload.wraparound_vacuum table ci.builds on source main",
                                     "warning workload.wraparound_near table ci.jobs on source main"});
}

TEST_CASE("reads of a stale copy are told from what logical replication does to it") {
  TableReferences references(small_split(), {}, {});
  const Uses before{{builds, {100, 10, 10}}, {users, {5, 0, 0}}};
  const Uses applied{{builds, {130, 99, 40}}, {users, {50, 0, 0}}}, read{{builds, {131, 99, 40}}};
  CHECK(judge_uses(before, applied, references, Part::moved, "source main", std::chrono::seconds(10)).empty());
  const auto found = judge_uses(before, read, references, Part::moved, "source main", std::chrono::seconds(10));
  CHECK(lines(found) == Lines{"warning workload.stale_copy_is_read table ci.builds on source main"});
  CHECK(found[0].evidence == "1 scans within 10s that no logical replication explains");
}

TEST_CASE("lag is named with its distribution when half of the looks saw more than a segment of WAL") {
  const Bytes little{1000}, much{20 << 20}, most{40 << 20};
  CHECK(judge_lag({}, "target ci", "").empty());
  CHECK(judge_lag({little, little, most}, "target ci", "").empty());
  const auto found = judge_lag({most, little, much}, "target ci", "3 looks in 250ms");
  CHECK(lines(found) == Lines{"warning workload.replication_lag target ci"});
  CHECK(found[0].evidence == "20MiB behind now; p50 20MiB, p95 40MiB, most 40MiB (3 looks in 250ms)");
}

TEST_CASE("evidence that is cut off stays UTF-8") {
  CHECK(shortened("Läufe", 2) == "L ...");
  CHECK(shortened("Läufe", 3) == "Lä ...");
  CHECK(shortened("Läufe", 6) == "Läufe");
}

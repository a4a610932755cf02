#include "fence/sql/truncation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "a_stale_side.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using testing::connect_to, testing::Stale;
using namespace std::chrono_literals;
using test::main_server, test::run, test::soon;

namespace {

std::string text_of(const Truncation& one) {
  std::string text;
  for (const auto& table : one.tables) text += (text.empty() ? "" : " ") + table.name;
  for (const auto& table : one.also) text += " +" + table.name;
  return text;
}

}  // namespace

TEST_CASE(
    "the plan of a truncation puts who refers first, cycles together and partitions that nobody refers to one by one") {
  Stale it;
  std::vector<std::string> seen;
  for (const auto& one : it.plan()) seen.push_back(text_of(one));
  CHECK(seen == std::vector<std::string>{"a \"b", "egg hen", "note", "log +note", "metric_1", "metric_2",
                                         "tree +egg +hen +log +note"});
}

TEST_CASE("the plan of a truncation empties all tables in its order, and PostgreSQL takes each command") {
  Stale it;
  for (const auto& one : it.plan()) {
    INFO(one.names);
    const auto done = it.empty(one);
    INFO((done ? "" : done.error().text()));
    REQUIRE(done);
  }
  CHECK(it.filled() == 0);
  // What inherits in the old way is another table, and sequences go on where they were.
  CHECK(run(it.admin, "SELECT count(*) AS n FROM ONLY stale.heir").number(0, "n") == 1);
  CHECK(run(it.admin, "SELECT last_value AS n FROM stale.\"a \"\"b_id_seq\"").number(0, "n") == 2);
}

TEST_CASE("PostgreSQL refuses to empty a table without those who refer to it, even when they are empty") {
  Stale it;
  run(it.admin, "SET session_replication_role TO replica; TRUNCATE stale.note, stale.log, stale.hen, stale.egg");
  const auto alone = it.admin.simple("TRUNCATE ONLY stale.tree", soon());
  REQUIRE_FALSE(alone);
  CHECK(alone.error().code == "0A000");
}

TEST_CASE("nothing is emptied unless the owner proves that nobody writes here") {
  Stale it;
  const auto plan = it.plan();
  const auto filled = it.filled();
  for (const auto owner : {Owner::source, Owner::target}) {
    it.owned_by(owner);
    for (const auto& one : plan) {
      const auto refused = it.empty(one);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::conflict);
      CHECK(refused.error().seen == name_of(owner));
    }
  }
  run(it.admin, "DROP SEQUENCE pgcleave.owner_ci");
  const auto refused = it.empty(plan.front());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(refused.error().seen == "not installed");
  CHECK(it.filled() == filled);
}

TEST_CASE("a table is emptied only with its fence, under its name, and if the run that split had it in the split") {
  Stale it;
  run(it.admin, "ALTER TABLE stale.tree DISABLE TRIGGER pgcleave_fence_ci");
  CHECK(it.why_not("tree") ==
        "stale.tree: its fence trigger is missing, changed or disabled, so it may have been written");
  run(it.admin,
      "ALTER TABLE stale.tree ENABLE TRIGGER pgcleave_fence_ci; ALTER TABLE stale.metric_1 RENAME TO metric_old");
  CHECK(it.why_not("metric_old") == "stale.metric_old: it was stale.metric_1 when it was split");
  run(it.admin,
      "ALTER TABLE stale.metric_old RENAME TO metric_1; ALTER TABLE stale.note RENAME TO was_note;"
      "CREATE TABLE stale.note (LIKE stale.was_note); INSERT INTO stale.note VALUES (1)");
  REQUIRE(fence::create_triggers(it.admin, it.the_fence, {{"stale", "note"}}, 1s, soon(), nullptr));
  CHECK(it.why_not("note") == "stale.note: it is not the table of this name that was split, but came after it");
  run(it.admin, "DROP TABLE stale.note; ALTER TABLE stale.was_note RENAME TO note");
  it.write_down("r-another");
  CHECK(it.why_not("note") == "stale.note: it came after the split");
  it.write_down("r-split", "kept");
  CHECK(it.why_not("note") == "stale.note: it was kept when it was split");
  it.write_down("r-split");
  CHECK(it.why_not("note").empty());
}

TEST_CASE(
    "a partition that came after the split keeps all from being emptied that would be emptied with it, also between "
    "plan and command") {
  Stale it;
  const auto plan = it.plan();
  const auto log =
      std::find_if(plan.begin(), plan.end(), [](const auto& each) { return text_of(each) == "log +note"; });
  REQUIRE(log != plan.end());
  run(it.admin,
      "CREATE TABLE stale.log_3 PARTITION OF stale.log FOR VALUES FROM (300) TO (400); INSERT INTO stale.log_3 VALUES "
      "(300, 1)");
  REQUIRE(fence::create_triggers(it.admin, it.the_fence, {{"stale", "log_3"}}, 1s, soon(), nullptr));
  CHECK(it.why_not(*log) == "stale.log_3: it came after the split");
  // One that only stands in the command because it refers to another.
  const auto tree = std::find_if(plan.begin(), plan.end(),
                                 [](const auto& each) { return text_of(each) == "tree +egg +hen +log +note"; });
  REQUIRE(tree != plan.end());
  CHECK(it.why_not(*tree) == "stale.log_3: it came after the split");
  CHECK(it.why_not("metric_1").empty());
  // A stale table that was attached to another since is read through that one.
  run(it.admin,
      "CREATE TABLE stale.live (id int) PARTITION BY LIST (id); ALTER TABLE stale.metric DETACH PARTITION "
      "stale.metric_2;"
      "CREATE TABLE stale.live_1 PARTITION OF stale.live FOR VALUES IN (1)");
  CHECK(it.why_not("metric_2").empty());
  run(it.admin,
      "ALTER TABLE stale.metric_2 DISABLE TRIGGER pgcleave_fence_ci; INSERT INTO stale.metric_2 VALUES (2);"
      "ALTER TABLE stale.metric_2 ENABLE TRIGGER pgcleave_fence_ci; ALTER TABLE stale.live ATTACH PARTITION "
      "stale.metric_2 FOR VALUES IN "
      "(2)");
  CHECK(it.why_not("metric_2") == "stale.metric_2: it has become a partition of stale.live since the split");
}

TEST_CASE(
    "a table that is not on the other side, or is another one there, is left alone; what is there stays while this one "
    "is emptied") {
  Stale it;
  run(*it.other,
      "DROP TABLE stale.note; ALTER TABLE stale.metric_1 RENAME TO metric_old; CREATE TABLE stale.metric_1 (id int)");
  CHECK(it.why_not("note") == "stale.note: it does not exist on target ci");
  CHECK(it.why_not("metric_1") == "stale.metric_1: on target ci it is not the table that was split, but came after it");
  auto somebody = connect_to("other_side");
  run(somebody, "BEGIN; LOCK TABLE stale.metric_2 IN ACCESS EXCLUSIVE MODE");
  const auto plan = it.plan();
  const auto one = std::find_if(plan.begin(), plan.end(), [](const auto& each) { return text_of(each) == "metric_2"; });
  const auto waited = it.empty(*one, Deadline::in(500ms));
  REQUIRE_FALSE(waited);
  CHECK(waited.error().kind == ErrorKind::timed_out);
  run(somebody, "COMMIT");
  run(*it.other, "SELECT setval('pgcleave.owner_ci', 0)");
  const auto refused = it.empty(*one);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  run(*it.other, "SELECT setval('pgcleave.owner_ci', 2)");
  CHECK(it.empty(*one));
}

TEST_CASE("a table that another split has fenced or moved is left alone") {
  Stale it;
  const Fence web{"web", "main", "web"};
  REQUIRE(fence::install(it.admin, web, soon()));
  REQUIRE(fence::create_triggers(it.admin, web, {{"stale", "note"}}, 1s, soon(), nullptr));
  CHECK(it.why_not("note") == "stale.note: it carries the fence of another split: trigger pgcleave_fence_web");
  CHECK(*fence::fenced_by_others(it.admin, "ci", it.names(), soon()) ==
        std::vector<std::string>{"stale.note (trigger pgcleave_fence_web)"});
  CHECK(fence::fenced_by_others(it.admin, "web", {{"stale", "no_such_table"}}, soon())->empty());
  REQUIRE(fence::drop_triggers(it.admin, web, {{"stale", "note"}}, 1s, soon(), nullptr));
  const auto tables = it.tables();
  const auto note =
      std::find_if(tables.begin(), tables.end(), [](const auto& table) { return table.name.name == "note"; })->oid;
  REQUIRE(fence::freeze_split(it.admin, "web",
                              fence::FrozenSplit{"r-web", 1, "", {{note, {"stale", "note"}, "moved", note}}}, soon()));
  CHECK(it.why_not("note") == "stale.note: it was moved by split web");
  REQUIRE(fence::freeze_split(it.admin, "web",
                              fence::FrozenSplit{"r-web", 1, "", {{note, {"stale", "note"}, "kept", note}}}, soon()));
  CHECK(it.why_not("note").empty());
}

TEST_CASE("a reader in the way of a truncation is named, and told of while it waits; ctrl-C ends the wait") {
  Stale it;
  const auto plan = it.plan();
  const auto one =
      std::find_if(plan.begin(), plan.end(), [](const auto& each) { return text_of(each) == "log +note"; });
  REQUIRE(one != plan.end());
  auto reader = connect_to("stale_side");
  run(reader, "BEGIN; SELECT FROM stale.log_1_a");
  std::string told;
  const auto timed_out =
      it.try_to_empty(*one, {50ms, Deadline::in(4s), nullptr, [&](const std::string& text) { told = text; }});
  REQUIRE_FALSE(timed_out);
  CHECK(timed_out.error().kind == ErrorKind::timed_out);
  CHECK(timed_out.error().seen.find("AccessShareLock on stale.log") != std::string::npos);
  CHECK(told.find("in the way: pid") != std::string::npos);
  StopFlag stop;
  stop.request();
  const auto stopped = it.empty(*one, soon(), &stop);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(run(it.admin, "SELECT count(*) AS n FROM stale.log").number(0, "n") == 2);
  run(reader, "COMMIT");
  CHECK(it.empty(*one));
}

TEST_CASE("sizes tell indexes and TOAST, and a table is empty only when both are") {
  Stale it;
  const std::vector<TableName> note{{"stale", "note"}, {"stale", "is_not_there"}};
  auto seen = fence::sizes(it.admin, note, soon());
  REQUIRE(seen);
  REQUIRE(seen->size() == 1);
  CHECK_FALSE(seen->front().empty);
  const auto before = seen->front().all;
  CHECK(before.count > 50000);
  run(it.admin, "SET session_replication_role TO replica");
  run(it.admin, "DELETE FROM stale.note");
  run(it.admin, "VACUUM (TRUNCATE false) stale.note");
  CHECK_FALSE(fence::sizes(it.admin, note, soon())->front().empty);
  run(it.admin, "TRUNCATE stale.note");
  seen = fence::sizes(it.admin, note, soon());
  CHECK(seen->front().empty);
  CHECK(seen->front().all < before);
}

TEST_CASE("what depends on tables from outside stands against emptying them, and is named with a way out") {
  Stale it;
  CHECK(fence::obstacles_to_truncation(it.admin, it.tables(), {}, soon())->empty());
  run(it.admin,
      "CREATE TABLE stale.heir_2 (tree int CONSTRAINT k REFERENCES stale.tree);"
      "CREATE PUBLICATION ours FOR TABLE stale.tree; CREATE PUBLICATION theirs FOR TABLE stale.metric, stale.note");
  auto tables = it.tables();
  std::erase_if(tables, [](const auto& table) { return table.name.name == "heir_2"; });
  const auto keys = fence::obstacles_to_truncation(it.admin, tables, {}, soon());
  REQUIRE(keys);
  REQUIRE(keys->size() == 1);
  CHECK(keys->front() ==
        "stale.heir_2 stays and refers to stale.tree by foreign key k: ALTER TABLE stale.heir_2 DROP CONSTRAINT \"k\"");
  run(it.admin, "ALTER TABLE stale.heir_2 DROP CONSTRAINT k");
  // A publication matters once somebody can read it.
  run(it.admin, "SELECT pg_create_logical_replication_slot('somebody', 'pgoutput')");
  const auto published = fence::obstacles_to_truncation(it.admin, tables, {"ours"}, soon());
  run(it.admin, "ALTER PUBLICATION theirs SET (publish = 'insert')");
  const auto harmless = fence::obstacles_to_truncation(it.admin, tables, {"ours"}, soon());
  run(it.admin, "DROP PUBLICATION ours; DROP PUBLICATION theirs; SELECT pg_drop_replication_slot('somebody')");
  REQUIRE(published);
  REQUIRE(published->size() == 1);
  CHECK(published->front().find(
            "publication theirs would carry TRUNCATE of 3 of the tables to the reader of slot somebody") == 0);
  CHECK(harmless->empty());
}

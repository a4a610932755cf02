#include "postgres/truncation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::soon;

namespace {

// Cycles, self references, and partitions that refer, are referred to, and do neither; all with rows, all fenced and locked for clients.
struct Stale {
  Stale() : admin(main_server().connect()), schema(admin, "stale") {
    run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    run(admin,
        "CREATE TABLE stale.tree (id int PRIMARY KEY, parent int REFERENCES stale.tree);"
        "CREATE TABLE stale.hen (id int PRIMARY KEY, egg int, tree int REFERENCES stale.tree);"
        "CREATE TABLE stale.egg (id int PRIMARY KEY, hen int REFERENCES stale.hen);"
        "ALTER TABLE stale.hen ADD FOREIGN KEY (egg) REFERENCES stale.egg DEFERRABLE INITIALLY DEFERRED;"
        "CREATE TABLE stale.log (id int PRIMARY KEY, tree int REFERENCES stale.tree) PARTITION BY RANGE (id);"
        "CREATE TABLE stale.log_1 PARTITION OF stale.log FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);"
        "CREATE TABLE stale.log_1_a PARTITION OF stale.log_1 FOR VALUES FROM (0) TO (50);"
        "CREATE TABLE stale.log_2 PARTITION OF stale.log DEFAULT;"
        "CREATE TABLE stale.note (id int PRIMARY KEY, log int REFERENCES stale.log, text text);"
        "CREATE TABLE stale.metric (id int) PARTITION BY LIST (id);"
        "CREATE TABLE stale.metric_1 PARTITION OF stale.metric FOR VALUES IN (1);"
        "CREATE TABLE stale.metric_2 PARTITION OF stale.metric FOR VALUES IN (2);"
        "CREATE TABLE stale.\"a \"\"b\" (id serial, t text);"
        "CREATE TABLE stale.heir (more int) INHERITS (stale.\"a \"\"b\");"
        "INSERT INTO stale.tree VALUES (1, 1), (2, 1);"
        "INSERT INTO stale.hen VALUES (1, 1, 2); INSERT INTO stale.egg VALUES (1, 1);"
        "INSERT INTO stale.log VALUES (1, 1), (200, 2);"
        "INSERT INTO stale.note SELECT i, 1, repeat(md5(i::text), 400) FROM generate_series(1, 200) i;"
        "INSERT INTO stale.metric VALUES (1), (2);"
        "INSERT INTO stale.\"a \"\"b\" (t) VALUES ('x'); INSERT INTO stale.heir (t) VALUES ('y')");
    REQUIRE(install(admin, fence, soon()));
    REQUIRE(create_triggers(admin, fence, names(), 1s, soon(), nullptr));
    owned_by(Owner::nobody);
  }
  ~Stale() { admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon()); }
  Stale(const Stale&) = delete;
  Stale& operator=(const Stale&) = delete;

  std::vector<Table> tables() {
    auto all = *postgres::tables(admin, soon());
    std::erase_if(all, [](const auto& table) { return table.name.schema != "stale" || table.name.name == "heir"; });
    return all;
  }
  std::vector<TableName> names() {
    std::vector<TableName> names;
    for (const auto& table : tables()) names.push_back(table.name);
    return names;
  }
  std::vector<Truncation> plan() { return plan_truncation(tables(), *foreign_keys(admin, soon())); }
  void owned_by(Owner owner) { run(admin, "SELECT setval('pgcleave.owner_ci', " + std::to_string(static_cast<int>(owner)) + ")"); }
  Result<void> empty(const Truncation& one, Deadline deadline = soon(), const StopFlag* stop = nullptr) {
    return truncate(admin, one, {"ci", Owner::nobody}, {50ms, deadline, stop, nullptr});
  }
  std::int64_t filled() {
    const auto all = sizes(admin, names(), soon());
    REQUIRE(all);
    return std::count_if(all->begin(), all->end(), [](const auto& table) { return !table.empty; });
  }

  Connection admin;
  test::Schema schema;
  Fence fence{"ci", "main", "ci"};
};

std::string text_of(const Truncation& one) {
  std::string text;
  for (const auto& table : one.tables) text += (text.empty() ? "" : " ") + table.name;
  for (const auto& table : one.also) text += " +" + table.name;
  return text;
}

}  // namespace

TEST_CASE("the plan of a truncation puts who refers first, cycles together and partitions that nobody refers to one by one") {
  Stale it;
  std::vector<std::string> seen;
  for (const auto& one : it.plan()) seen.push_back(text_of(one));
  CHECK(seen == std::vector<std::string>{"a \"b", "egg hen", "note", "log +note", "metric_1", "metric_2", "tree +egg +hen +log +note"});
}

TEST_CASE("the plan of a truncation empties all tables in its order, and PostgreSQL takes each command") {
  Stale it;
  for (const auto& one : it.plan()) {
    INFO(one.sql);
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
      CHECK(refused.error().kind == ErrorKind::foreign);
      CHECK(refused.error().seen == name_of(owner));
    }
  }
  run(it.admin, "DROP SEQUENCE pgcleave.owner_ci");
  const auto refused = it.empty(plan.front());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::foreign);
  CHECK(refused.error().seen == "not installed");
  CHECK(it.filled() == filled);
}

TEST_CASE("a reader in the way of a truncation is named, and told of while it waits; ctrl-C ends the wait") {
  Stale it;
  const auto plan = it.plan();
  const auto one = std::find_if(plan.begin(), plan.end(), [](const auto& each) { return text_of(each) == "log +note"; });
  REQUIRE(one != plan.end());
  auto reader = main_server().connect();
  run(reader, "BEGIN; SELECT FROM stale.log_1_a");
  std::string told;
  const auto timed_out =
      truncate(it.admin, *one, {"ci", Owner::nobody}, {50ms, Deadline::in(4s), nullptr, [&](const std::string& text) { told = text; }});
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
  auto seen = sizes(it.admin, note, soon());
  REQUIRE(seen);
  REQUIRE(seen->size() == 1);
  CHECK_FALSE(seen->front().empty);
  const auto before = seen->front().all;
  CHECK(before.count > 50000);
  run(it.admin, "SET session_replication_role TO replica");
  run(it.admin, "DELETE FROM stale.note");
  run(it.admin, "VACUUM (TRUNCATE false) stale.note");
  CHECK_FALSE(sizes(it.admin, note, soon())->front().empty);
  run(it.admin, "TRUNCATE stale.note");
  seen = sizes(it.admin, note, soon());
  CHECK(seen->front().empty);
  CHECK(seen->front().all < before);
}

TEST_CASE("what depends on tables from outside stands against emptying them, and is named with a way out") {
  Stale it;
  CHECK(obstacles_to_truncation(it.admin, it.tables(), {}, soon())->empty());
  run(it.admin,
      "CREATE TABLE stale.heir_2 (tree int CONSTRAINT k REFERENCES stale.tree);"
      "CREATE PUBLICATION ours FOR TABLE stale.tree; CREATE PUBLICATION theirs FOR TABLE stale.metric, stale.note");
  auto tables = it.tables();
  std::erase_if(tables, [](const auto& table) { return table.name.name == "heir_2"; });
  const auto keys = obstacles_to_truncation(it.admin, tables, {}, soon());
  REQUIRE(keys);
  REQUIRE(keys->size() == 1);
  CHECK(keys->front() == "stale.heir_2 stays and refers to stale.tree by foreign key k: ALTER TABLE stale.heir_2 DROP CONSTRAINT \"k\"");
  run(it.admin, "ALTER TABLE stale.heir_2 DROP CONSTRAINT k");
  // A publication matters once somebody can read it.
  run(it.admin, "SELECT pg_create_logical_replication_slot('somebody', 'pgoutput')");
  const auto published = obstacles_to_truncation(it.admin, tables, {"ours"}, soon());
  run(it.admin, "ALTER PUBLICATION theirs SET (publish = 'insert')");
  const auto harmless = obstacles_to_truncation(it.admin, tables, {"ours"}, soon());
  run(it.admin, "DROP PUBLICATION ours; DROP PUBLICATION theirs; SELECT pg_drop_replication_slot('somebody')");
  REQUIRE(published);
  REQUIRE(published->size() == 1);
  CHECK(published->front().find("publication theirs would carry TRUNCATE of 3 of the tables to whoever reads slot somebody") == 0);
  CHECK(harmless->empty());
}

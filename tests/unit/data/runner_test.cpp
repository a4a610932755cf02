// Whole jobs on a real server.
#include <catch2/catch.hpp>

#include "a_job.h"

namespace pgcleave::data::test {

TEST_CASE("a job changes each row that matches exactly once, by key and by heap, and leaves all others alone") {
  for (const auto by : ways) {
    App app;
    run(app.admin,
        "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, CASE WHEN i % 10 = 0 THEN "
        "7 END, i FROM generate_series(1, 20000) i");
    app.audit("app.t");
    const auto job = Hands(filling({"app", "t"}, by)).done();
    CHECK(job.over);
    CHECK(job.changed == 18000);
    CHECK(job.batches > 3);
    CHECK(job.at.pass == 2);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{18000, 1});
    CHECK(app.count("app.t WHERE a = 7 AND id % 10 = 0") == 2000);
    CHECK(app.count("app.t WHERE a = b + 1") == 18000);
  }
}

TEST_CASE("a job without a predicate changes every row once, by a composite key with names that need quotes") {
  App app;
  run(app.admin, R"sql(
    CREATE TABLE app."T ""x""" ("B b" text, "select" timestamptz, id int, a int, b int, PRIMARY KEY ("B b", "select"));
    INSERT INTO app."T ""x"""
    SELECT 'v''\' || i % 7, timestamptz '2026-01-01 00:00:00.123456+02' + i * interval '1 s', i, NULL, i
      FROM generate_series(1, 3000) i)sql");
  app.audit("app.\"T \"\"x\"\"\"");
  auto task = filling({"app", "T \"x\""}, WalkBy::key);
  rows_of(task).where.clear();
  const auto job = Hands(task).done();
  CHECK(job.changed == 3000);
  CHECK(job.at.pass == 1);
  CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{3000, 1});
}

TEST_CASE("values may come from other tables") {
  for (const auto by : ways) {
    App app;
    run(app.admin,
        "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, i % 50 FROM "
        "generate_series(1, 5000) i; CREATE TABLE app.values_of (b int PRIMARY KEY, v int); INSERT INTO app.values_of "
        "SELECT i, i * 3 FROM generate_series(0, 39) i");
    app.audit("app.t");
    auto task = filling({"app", "t"}, by);
    task.change = change_of({{"a", "o.v"}}, "row.a IS NULL AND o.b = row.b", {{"o", {"app", "values_of"}}});
    CHECK(Hands(task).done().changed == 4000);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{4000, 1});
    CHECK(app.count("app.t WHERE a = b * 3") == 4000);
  }
}

TEST_CASE("a partitioned table is walked by its leaves, and an empty one is done at once") {
  for (const auto by : ways) {
    App app;
    run(app.admin, R"sql(
      CREATE TABLE app.t (id int, a int, b int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
      CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES FROM (0) TO (1000);
      CREATE TABLE app.t2 PARTITION OF app.t FOR VALUES FROM (1000) TO (3000) PARTITION BY RANGE (id);
      CREATE TABLE app.t2a PARTITION OF app.t2 FOR VALUES FROM (1000) TO (2000);
      CREATE TABLE app.t2b PARTITION OF app.t2 FOR VALUES FROM (2000) TO (3000);
      CREATE TABLE app.t3 PARTITION OF app.t DEFAULT)sql");
    CHECK(Hands(filling({"app", "t"}, by)).done().changed == 0);
    run(app.admin, "INSERT INTO app.t SELECT i, NULL, i FROM generate_series(1, 2500) i; DELETE FROM pgcleave.jobs");
    app.audit("app.t");
    CHECK(Hands(filling({"app", "t"}, by)).done().changed == 2500);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{2500, 1});
    auto moving = filling({"app", "t"}, by);
    moving.id = "r-2/fill";
    rows_of(moving).set = {{"id", "row.id + 1"}};
    CHECK(Hands(moving).error().what.find("partitions the table") == 0);
  }
}

TEST_CASE("rows that move or come while a job walks are found by its last pass") {
  for (const auto by : ways) {
    App app;
    // Each change of an early row brings one more row, at the end of the heap and before the cursor of the key.
    run(app.admin, R"sql(
      CREATE TABLE app.t (id int PRIMARY KEY, a int, b int);
      INSERT INTO app.t SELECT i, NULL, i FROM generate_series(1, 2000) i;
      CREATE FUNCTION app.bring() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF new.id > 1990 THEN INSERT INTO app.t VALUES (-new.id, NULL, 1); END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER bring AFTER UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.bring())sql");
    app.audit("app.t");
    const auto job = Hands(filling({"app", "t"}, by)).done();
    CHECK(job.changed == 2010);
    CHECK(job.at.pass == 3);
    CHECK(app.count("app.t WHERE a IS NULL") == 0);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{2010, 1});
  }
}

TEST_CASE("a table without a key is refused by key, with the way out, and walked by heap") {
  App app;
  run(app.admin,
      "CREATE TABLE app.t (id int, a int, b int); CREATE UNIQUE INDEX ON app.t (id); CREATE UNIQUE INDEX ON app.t (b) "
      "WHERE b > 0; INSERT INTO app.t SELECT i, NULL, i FROM generate_series(1, 500) i");
  const auto no = Hands(filling({"app", "t"}, WalkBy::key)).error();
  CHECK(no.kind == ErrorKind::invalid);
  CHECK(no.object == "table app.t");
  CHECK(no.hint.find("by: heap") != std::string::npos);
  run(app.admin, "DELETE FROM pgcleave.jobs");
  CHECK(Hands(filling({"app", "t"}, WalkBy::heap)).done().changed == 500);
}

TEST_CASE("a unique index over columns that are never null is as good as a primary key") {
  App app;
  run(app.admin,
      "CREATE TABLE app.t (id int NOT NULL, x text NOT NULL, a int, b int); CREATE UNIQUE INDEX ON app.t (x, id) "
      "INCLUDE (b); INSERT INTO app.t SELECT i, 'x' || i % 3, NULL, i FROM generate_series(1, 2500) i");
  app.audit("app.t");
  CHECK(Hands(filling({"app", "t"}, WalkBy::key)).done().changed == 2500);
  CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{2500, 1});
}

TEST_CASE("a predicate that never becomes false is found by the first batch, which changes nothing") {
  for (const auto by : ways) {
    App app;
    run(app.admin,
        "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, i FROM "
        "generate_series(1, 500) i");
    auto task = filling({"app", "t"}, by);
    rows_of(task).where = "row.b > 0";
    const auto no = Hands(task).error();
    CHECK(no.kind == ErrorKind::invalid);
    CHECK(no.what.find("would never end") != std::string::npos);
    CHECK(no.seen.find("row id ") == 0);
    CHECK(app.count("app.t WHERE a IS NULL") == 500);
    CHECK(app.job().changed == 0);
    CHECK(app.job().now.find("would never end") != std::string::npos);
    CHECK(app.job().runner.empty());
  }
}

}  // namespace pgcleave::data::test

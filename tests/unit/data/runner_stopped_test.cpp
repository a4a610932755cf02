// Jobs that something stands in the way of: bad rows, a session that ends, a person, a lock, a wrong task.
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "a_job.h"

namespace pgcleave::data::test {

TEST_CASE("a row that PostgreSQL refuses is named with its key, and all before it is done") {
  for (const auto by : ways) {
    App app;
    run(app.admin,
        "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, CASE WHEN i = 1777 "
        "THEN 0 ELSE i END FROM generate_series(1, 3000) i");
    app.audit("app.t");
    auto task = filling({"app", "t"}, by);
    rows_of(task).set = {{"a", "100000 / row.b"}};
    Hands hands(task);
    const auto no = hands.error();
    CHECK(no.object == "row id 1777 of app.t");
    CHECK(no.what == "division by zero");
    CHECK(no.code == "22012");
    CHECK(app.count("app.t WHERE id < 1777 AND a IS NULL") == 0);
    CHECK(app.count("app.t WHERE id > 1777 AND a IS NOT NULL") == 0);
    // Repaired, it goes on.
    run(app.admin, "UPDATE app.t SET b = 5 WHERE id = 1777");
    run(app.admin, "TRUNCATE app.audit");
    CHECK(hands.done().changed == 3000);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{3000 - 1776, 1});
  }
}

TEST_CASE("bad rows are left out and kept where the task says so, and too many stop it") {
  for (const auto by : ways) {
    App app;
    run(app.admin,
        "CREATE TABLE app.t (id int PRIMARY KEY, a int CHECK (a <> 5), b int); INSERT INTO app.t SELECT i, NULL, CASE "
        "WHEN i IN (1, 2, 999, 3000) THEN 4 ELSE 10 END FROM generate_series(1, 3000) i");
    app.audit("app.t");
    auto task = filling({"app", "t"}, by);
    task.on_bad_row = OnBadRow::skip;
    task.most_skipped = 3;
    Hands hands(task);
    const auto no = hands.error();
    CHECK(no.object == "row id 3000 of app.t");
    CHECK(no.what.find("3 rows were left out before it") != std::string::npos);
    hands.work.most_skipped = 4;
    const auto job = hands.done();
    CHECK(job.changed == 2996);
    CHECK(job.skipped == 4);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{2996, 1});
    const auto kept = run(app.admin,
                          "SELECT string_agg(key, ', ' ORDER BY at) AS keys, min(code) AS code FROM "
                          "pgcleave.job_skips");
    CHECK(kept.text(0, "keys").find("id 999") != std::string::npos);
    CHECK(kept.text(0, "code") == "23514");
    CHECK(app.count("pgcleave.job_skips") == 4);
  }
}

TEST_CASE("a runner whose session is ended again and again goes on at the exact row") {
  for (const auto by : ways) {
    App app;
    run(app.admin,
        "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, i FROM "
        "generate_series(1, 20000) i");
    app.audit("app.t");
    // Each batch takes 20 ms at least, so that there is time to end it.
    run(app.admin, R"sql(
      CREATE FUNCTION app.slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END';
      CREATE TRIGGER slowly AFTER UPDATE ON app.t FOR EACH STATEMENT EXECUTE FUNCTION app.slowly())sql");
    Hands hands(filling({"app", "t"}, by));
    std::atomic<bool> over{false};
    int ended = 0;
    std::thread killer([&] {
      auto admin = main_server().connect();
      std::int64_t pid = 0;
      while (!over && ended < 20) {
        const auto at_work = " FROM pgcleave.jobs WHERE ended IS NULL AND pid <> " + std::to_string(pid);
        const auto seen =
            admin.simple("SELECT pid, batches" + at_work + " AND batches > " + std::to_string(ended), soon());
        if (!seen || seen->empty()) continue;
        // At any instant of the batches that follow.
        std::this_thread::sleep_for(std::chrono::milliseconds(ended * 11 % 40));
        const auto done = admin.simple("SELECT pg_terminate_backend(pid)" + at_work, soon());
        if (!done || done->empty()) continue;
        ++ended;
        pid = seen->number(0, "pid");
      }
    });
    const auto job = hands.run();
    over = true;
    killer.join();
    INFO((job ? "" : job.error().text()));
    REQUIRE(job);
    CHECK(ended >= 3);
    CHECK(job->epoch == ended + 1);
    CHECK(job->changed == 20000);
    CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{20000, 1});
  }
}

TEST_CASE("a runner that was asked to stop ends after a batch, and another goes on") {
  App app;
  run(app.admin,
      "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, i FROM "
      "generate_series(1, 5000) i");
  app.audit("app.t");
  Hands first(filling({"app", "t"}, WalkBy::key));
  first.around.leader = [&, open = first.around.leader](Deadline deadline) {
    auto session = open(deadline);
    run(**session, "SET application_name TO 'runner'");
    return session;
  };
  // Stopped from within: the third batch sets the flag.
  std::thread stopper([&] {
    auto admin = main_server().connect();
    const auto until = Deadline::in(10s);
    while (!until.passed()) {
      const auto seen = read_job(admin, "r-1/fill", soon());
      if (seen && *seen && (*seen)->batches >= 2) break;
    }
    first.stop.request();
  });
  const auto ended = first.run();
  stopper.join();
  if (!ended) {
    CHECK(ended.error().kind == ErrorKind::interrupted);
    CHECK(app.job().changed > 0);
    CHECK(app.job().runner.empty());
    Hands second(filling({"app", "t"}, WalkBy::key));
    CHECK(second.done().changed == 5000);
  }
  CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{5000, 1});
}

TEST_CASE("a job on hold changes nothing until it is let go") {
  App app;
  run(app.admin,
      "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, i FROM "
      "generate_series(1, 500) i");
  Hands hands(filling({"app", "t"}, WalkBy::key));
  hands.stop.request();
  CHECK(hands.error().kind == ErrorKind::interrupted);
  hands.stop.clear();
  REQUIRE(*hold_job(app.admin, "r-1/fill", true, soon()));
  std::int64_t changed_while_held = -1;
  std::thread person([&] {
    auto admin = main_server().connect();
    const auto until = Deadline::in(10s);
    while (!until.passed()) {
      const auto seen = read_job(admin, "r-1/fill", soon());
      if (seen && *seen && (*seen)->now == "on hold") break;
    }
    changed_while_held = read_job(admin, "r-1/fill", soon()).value()->changed;
    static_cast<void>(admin.simple("UPDATE pgcleave.jobs SET hold = false", soon()));
  });
  const auto job = hands.run();
  person.join();
  REQUIRE(job);
  CHECK(job->changed == 500);
  CHECK(changed_while_held == 0);
  CHECK(hands.told.find("on hold") != std::string::npos);
}

TEST_CASE("a client that keeps a row locked holds up a job, not the other way round") {
  App app;
  run(app.admin,
      "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int); INSERT INTO app.t SELECT i, NULL, i FROM "
      "generate_series(1, 2000) i");
  app.audit("app.t");
  auto client = main_server().connect();
  run(client, "BEGIN");
  run(client, "SELECT FROM app.t WHERE id = 700 FOR UPDATE");
  Hands hands(filling({"app", "t"}, WalkBy::key));
  hands.around.deadline = Deadline::in(3s);
  CHECK(hands.error().kind == ErrorKind::timed_out);
  CHECK(app.count("app.t WHERE id < 700 AND a IS NULL") == 0);
  CHECK(app.count("app.t WHERE id >= 700 AND a IS NOT NULL") == 0);
  run(client, "UPDATE app.t SET b = 0 WHERE id = 700");
  run(client, "COMMIT");
  run(app.admin, "TRUNCATE app.audit");
  hands.around.deadline = Deadline::in(30s);
  CHECK(hands.done().changed == 2000);
  CHECK(app.changes() == std::pair<std::int64_t, std::int64_t>{2000 - 699, 1});
}

TEST_CASE("what is no table, no column or no expression is refused before anything is created") {
  App app;
  run(app.admin,
      "CREATE TABLE app.t (id int PRIMARY KEY, a int, b int, g int GENERATED ALWAYS AS (b) STORED); CREATE VIEW app.v "
      "AS SELECT * FROM app.t");
  const auto refused = [&](const std::function<void(Task&)>& change) {
    auto task = filling({"app", "t"}, WalkBy::key);
    change(task);
    const auto error = Hands(task).error();
    CHECK(error.kind == ErrorKind::invalid);
    return error.object + " " + error.what;
  };
  CHECK(refused([](auto& task) { task.table.name = "missing"; }).find("table app.missing does not exist on") == 0);
  CHECK(refused([](auto& task) { task.table.name = "v"; }) == "table app.v is a view");
  CHECK(refused([](auto& task) { rows_of(task).set = {{"x", "1"}}; }) == "column \"x\" of app.t does not exist");
  CHECK(refused([](auto& task) { rows_of(task).set = {{"g", "1"}}; }).find("is generated") != std::string::npos);
  CHECK(refused([](auto& task) { rows_of(task).where = "row.a IS NULL) OR (true"; }).find("where is no SQL") == 0);
  CHECK(refused([](auto& task) { rows_of(task).where = "true; DROP TABLE app.t"; }).find("where") == 0);
  CHECK(refused([](auto& task) { rows_of(task).set = {{"a", "1, b = 2"}}; }).find("set of a") == 0);
  CHECK(run(app.admin, "SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty());
  CHECK(refused([](auto& task) { rows_of(task).set = {{"id", "row.id + 1"}}; }).find("walked by") != std::string::npos);
}

}  // namespace pgcleave::data::test

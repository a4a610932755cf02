// Bounds of versions on a real server: never narrower than the rows, whoever writes at once.
#include "data/version_bounds.h"

#include <atomic>
#include <random>
#include <thread>

#include "a_job.h"

namespace pgcleave::data {
namespace {

using test::App;
using test::Hands;
using test::main_server;
using test::run;
using test::soon;
using namespace std::chrono_literals;

// app.docs by client, with app.docs_versions beside it.
struct Versions {
  Versions() {
    run(app.admin,
        "CREATE TABLE app.docs (client int, id int, version smallint, body text, PRIMARY KEY (client, id)); INSERT "
        "INTO app.docs SELECT i % 50, i, 1 + i % 50 % 3, 'x' FROM generate_series(1, 5000) i");
  }
  void install() { run(app.admin, bounds.install_sql(table())); }
  void fill() { CHECK(filling().done().over); }
  Hands filling() {
    Task task;
    task.id = "r-1/track";
    task.table = bounds.table;
    task.change = bounds.filling();
    task.by = WalkBy::heap;
    return Hands(task);
  }
  void narrow(bool all = false) {
    run(app.admin, all ? "CALL app.docs_versions_narrow(true)" : narrow_sql(bounds.into));
  }
  Table table() {
    const auto seen = read_table(app.admin, bounds.table, soon());
    REQUIRE(seen);
    return *seen;
  }
  // Groups whose bounds are narrower than their rows, and those that are not just as wide.
  std::int64_t wrong() {
    return app.count(rows_by_client +
                     " FULL JOIN app.docs_versions v USING (client) WHERE v.client IS NULL OR v.min_version > d.lo OR "
                     "v.max_version < d.hi");
  }
  std::int64_t wide() {
    return app.count(rows_by_client +
                     " FULL JOIN app.docs_versions v USING (client) WHERE (v.min_version, v.max_version) IS DISTINCT "
                     "FROM (d.lo, d.hi)");
  }
  std::string of(int client) {
    const auto rows = run(app.admin,
                          "SELECT min_version || '-' || max_version AS b FROM app.docs_versions WHERE "
                          "client = " +
                              std::to_string(client));
    return rows.empty() ? "" : rows.text(0, "b");
  }

  const std::string rows_by_client =
      "(SELECT client, min(version) AS lo, max(version) AS hi FROM app.docs WHERE version IS NOT NULL GROUP BY client) "
      "d";
  VersionBounds bounds{{"app", "docs"}, {"app", "docs_versions"}, {"client"}, "version"};
  App app;
};

}  // namespace

TEST_CASE("bounds of rows that were there are filled in, also when they move or are written meanwhile") {
  Versions docs;
  docs.install();
  CHECK(docs.app.count("app.docs_versions") == 0);
  // Moved behind the walk's end before it began: its triggers see to them.
  run(docs.app.admin, "UPDATE app.docs SET body = 'y' WHERE id % 7 = 0; INSERT INTO app.docs VALUES (77, 1, 4, 'z')");
  docs.fill();
  CHECK(docs.wrong() == 0);
  CHECK(docs.app.count("app.docs_versions") == 51);
  docs.narrow(true);
  CHECK(docs.wide() == 0);
}

TEST_CASE("statements widen bounds at once, and only the procedure narrows them") {
  Versions docs;
  docs.install();
  docs.fill();
  CHECK(docs.of(3) == "1-1");
  run(docs.app.admin, "UPDATE app.docs SET version = 5 WHERE client = 3 AND id = 3");
  CHECK(docs.of(3) == "1-5");
  run(docs.app.admin, "UPDATE app.docs SET version = 5 WHERE client = 3");
  CHECK(docs.of(3) == "1-5");
  docs.narrow();
  CHECK(docs.of(3) == "5-5");
  run(docs.app.admin, "INSERT INTO app.docs SELECT 3, 10000 + i, 2, '' FROM generate_series(1, 10) i");
  CHECK(docs.of(3) == "2-5");
  run(docs.app.admin, "DELETE FROM app.docs WHERE client = 3 AND version = 2");
  docs.narrow();
  CHECK(docs.of(3) == "5-5");
  run(docs.app.admin, "DELETE FROM app.docs WHERE client = 3");
  docs.narrow(true);
  CHECK(docs.of(3) == "");
  run(docs.app.admin, "COPY app.docs FROM PROGRAM 'echo 3,1,7,x' (FORMAT csv)");
  CHECK(docs.of(3) == "7-7");
  run(docs.app.admin, "UPDATE app.docs SET client = 4 WHERE client = 3");
  CHECK(docs.of(4) == "2-7");
  CHECK(docs.of(3) == "7-7");  // until it is narrowed
  docs.narrow(true);
  CHECK(docs.wide() == 0);
}

TEST_CASE("clients that write to one group do not wait for each other, nor does the procedure wait for them") {
  Versions docs;
  docs.install();
  docs.fill();
  auto one = main_server().connect(), other = main_server().connect();
  run(one, "SET lock_timeout = '100ms'; BEGIN; INSERT INTO app.docs VALUES (0, 100001, 1, '')");
  run(other, "SET lock_timeout = '100ms'; BEGIN; INSERT INTO app.docs VALUES (0, 100002, 1, '')");
  run(docs.app.admin, "UPDATE app.docs SET version = 2 WHERE client = 0");
  docs.narrow();
  CHECK(docs.of(0) == "1-2");  // two rows of version 1 are still to come
  run(one, "COMMIT");
  run(other, "COMMIT");
  docs.narrow();
  CHECK(docs.of(0) == "1-2");
  CHECK(docs.wrong() == 0);
}

TEST_CASE("a writer whose snapshot is older than a narrowing fails as serialization does, and bounds stay right") {
  Versions docs;
  docs.install();
  docs.fill();
  auto writer = main_server().connect();
  run(writer, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM app.docs");
  run(docs.app.admin, "UPDATE app.docs SET version = 2 WHERE client = 0");
  docs.narrow();
  CHECK(docs.of(0) == "2-2");
  const auto late = writer.simple("INSERT INTO app.docs VALUES (0, 100001, 1, '')", soon());
  REQUIRE_FALSE(late);
  CHECK(late.error().code == "40001");
  run(writer,
      "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO app.docs VALUES (0, 100001, 1, ''); COMMIT");
  CHECK(docs.of(0) == "1-2");
}

TEST_CASE("bounds are never narrower than rows while many write, fill and narrow at once") {
  Versions docs;
  docs.install();
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0}, written{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      auto session = main_server().connect();
      const auto any = [&](int n) { return std::to_string(random() % static_cast<unsigned>(n)); };
      while (!over) {
        std::string sql =
            "BEGIN ISOLATION LEVEL " + std::string(random() % 4 == 0 ? "REPEATABLE READ" : "READ COMMITTED");
        for (auto left = 1 + random() % 3; left > 0; --left) {
          const auto client = any(8), version = "1 + " + any(4);
          switch (random() % 4) {
            case 0:
              sql += "; INSERT INTO app.docs SELECT " + client + ", (random() * 1e9)::int, " + version +
                     ", '' FROM generate_series(1, 3) ON CONFLICT DO NOTHING";
              break;
            case 1:
              sql += "; UPDATE app.docs SET version = " + version + " WHERE client = " + client +
                     " AND id % 5 = " + any(5);
              break;
            case 2:
              sql += "; UPDATE app.docs SET body = 'b' WHERE client = " + client + " AND id % 9 = " + any(9);
              break;
            default: sql += "; DELETE FROM app.docs WHERE client = " + client + " AND version = " + version; break;
          }
        }
        if (session.simple(sql + "; COMMIT", soon())) ++written;
        static_cast<void>(session.simple("ROLLBACK", soon()));
      }
    });
  }
  threads.emplace_back([&] {
    auto session = main_server().connect();
    while (!over) {
      static_cast<void>(session.simple("CALL app.docs_versions_narrow(true)", soon()));
    }
  });
  docs.fill();
  const auto begun = Monotonic::now();
  while (Monotonic::now() < begun + 3s || (written <= 100 && Monotonic::now() < begun + 60s)) {
    // Only groups with rows: one that has none any more keeps its bounds until it is narrowed.
    const auto rows = run(docs.app.admin, "SELECT count(*) AS n FROM " + docs.rows_by_client +
                                              " LEFT JOIN app.docs_versions v USING (client) WHERE v.client IS NULL OR "
                                              "v.min_version > d.lo OR v.max_version < d.hi");
    wrong += static_cast<int>(rows.number(0, "n"));
  }
  over = true;
  for (auto& thread : threads) thread.join();
  CHECK(written > 100);
  CHECK(wrong == 0);
  docs.narrow(true);
  CHECK(docs.wide() == 0);
}

TEST_CASE("a partitioned table is kept whether its parent or a partition is written, with names that need quotes") {
  App app;
  run(app.admin, R"sql(
    CREATE TABLE app."D {into}" ("k {g}" int, "r'x" text, "v ""{version}" int) PARTITION BY RANGE ("k {g}");
    CREATE TABLE app.d1 PARTITION OF app."D {into}" FOR VALUES FROM (0) TO (10);
    CREATE TABLE app.d2 PARTITION OF app."D {into}" FOR VALUES FROM (10) TO (20) PARTITION BY RANGE ("k {g}");
    CREATE TABLE app.d2a PARTITION OF app.d2 DEFAULT)sql");
  const VersionBounds bounds{{"app", "D {into}"}, {"app", "Small 'one'"}, {"k {g}", "r'x"}, "v \"{version}"};
  const auto table = read_table(app.admin, bounds.table, soon());
  REQUIRE(table);
  run(app.admin, bounds.install_sql(*table));
  run(app.admin, bounds.install_sql(*table));  // again: nothing changes
  CHECK(bounds.triggers(*table) == run(app.admin, bounds.seen_sql()).number(0, "triggers"));
  run(app.admin,
      "INSERT INTO app.\"D {into}\" VALUES (1, 'a', 3), (11, 'b', 4); INSERT INTO app.d1 VALUES (1, 'a', 2); INSERT "
      "INTO "
      "app.d2 VALUES (11, 'b', 7); UPDATE app.d2a SET \"v \"\"{version}\" = 9 WHERE \"v \"\"{version}\" = 4");
  const auto rows = run(app.admin, "SELECT string_agg(s::text, ' ' ORDER BY s) AS all FROM app.\"Small 'one'\" s");
  CHECK(rows.text(0, "all") == "(1,a,2,3) (11,b,4,9)");
  run(app.admin, bounds.remove_sql());
  CHECK(app.count("pg_class WHERE relname = 'Small ''one'''") == 0);
  CHECK(app.count("pg_trigger WHERE tgrelid = 'app.d1'::regclass") == 0);
  run(app.admin, bounds.remove_sql());
}

TEST_CASE("a table that is somebody else's is neither written nor dropped, and columns of no use are named") {
  Versions docs;
  run(docs.app.admin, "CREATE TABLE app.docs_versions (client int PRIMARY KEY, min_version int, max_version int)");
  CHECK_FALSE(docs.app.admin.simple(docs.bounds.install_sql(docs.table()), soon()));
  CHECK_FALSE(docs.app.admin.simple(docs.bounds.remove_sql(), soon()));
  CHECK(docs.app.count("app.docs_versions") == 0);
  CHECK(docs.app.count("pg_trigger WHERE tgrelid = 'app.docs'::regclass") == 0);
  const auto refused = [&](std::vector<std::string> group, const std::string& version) {
    VersionBounds bounds{{"app", "docs"}, {"app", "v"}, std::move(group), version};
    const auto checked = bounds.check(docs.table());
    return checked ? "" : checked.error().object + " " + checked.error().what;
  };
  CHECK(refused({}, "version") == "group_by names no column");
  CHECK(refused({"nix"}, "version") == "column \"nix\" of app.docs does not exist");
  CHECK(refused({"client", "version"}, "version") == "column \"version\" of app.docs is named twice");
  CHECK(refused({"client"}, "version") == "");
}

}  // namespace pgcleave::data

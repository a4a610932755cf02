// Indexes on a real server, under sessions that are in the way.
#include "data/index_builder.h"

#include <atomic>
#include <future>

#include "a_job.h"
#include "data/index_request.h"
#include "data/short_name.h"

namespace pgcleave::data {
namespace {

using test::App;
using test::main_server;
using test::run;
using test::soon;
using namespace std::chrono_literals;

const std::string invalid_ones = "pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid";

struct Site {
  Site() {
    run(app.admin, R"sql(
      CREATE TABLE app.builds (id bigint PRIMARY KEY, client int, n int, note text);
      INSERT INTO app.builds SELECT i, i % 10, i, 'note ' || i FROM generate_series(1, 2000) i;
      ANALYZE app.builds)sql");
  }

  IndexRequest request{{"app", "builds"}, "builds_by_client", false, "(client, n DESC) WHERE note IS NOT NULL"};
  StopFlag stop;
  std::string told;
  App app;

  BuildSurroundings around() { return test::building(stop, told); }
  // Also beside the test's own session.
  Result<SeenIndex> build() {
    auto own = main_server().connect();
    TRY_ASSIGN(auto shape, try_index(own, request, soon()));
    return IndexBuilder(request, std::move(shape), around()).run();
  }
  std::optional<SeenIndex> seen(const std::string& name = "builds_by_client") {
    const auto found = read_index(app.admin, {"app", name}, soon());
    REQUIRE((found ? "" : found.error().text()) == "");
    return *found;
  }
  // A build that a client's open transaction keeps from its end, when its index is in the catalog.
  std::future<Result<SeenIndex>> build_behind(postgres::Connection& client) {
    run(client, "BEGIN; UPDATE app.builds SET note = 'y' WHERE id = 1");
    auto building = std::async(std::launch::async, [this] { return build(); });
    wait_for_build();
    while (!seen()) continue;
    return building;
  }
  // Until the server shows a session that builds an index.
  void wait_for_build(bool wanted = true) {
    while (run(app.admin, "SELECT FROM pg_stat_progress_create_index").empty() == wanted) continue;
  }
};

std::string text_of(const Result<SeenIndex>& built) {
  return built ? "" : built.error().text();
}

}  // namespace

TEST_CASE("an index is built, left alone when it is there, and dropped again") {
  Site site;
  const auto built = site.build();
  REQUIRE(text_of(built) == "");
  CHECK(built->valid);
  CHECK(built->definition == "USING btree (client, n DESC) WHERE (note IS NOT NULL)");
  const auto again = site.build();
  REQUIRE(text_of(again) == "");
  CHECK(again->oid == built->oid);
  CHECK(IndexBuilder(site.request, {}, site.around()).drop());
  CHECK_FALSE(site.seen());
  CHECK(IndexBuilder(site.request, {}, site.around()).drop());
}

TEST_CASE("a definition that PostgreSQL refuses, or that holds more than one, is found on an empty copy of the table") {
  Site site;
  const auto refused = [&](const std::string& definition) {
    site.request.definition = definition;
    const auto shape = try_index(site.app.admin, site.request, soon());
    REQUIRE_FALSE(shape);
    CHECK(shape.error().kind == ErrorKind::invalid);
    return shape.error().text();
  };
  CHECK(refused("(clients)").find("column \"clients\" does not exist") != std::string::npos);
  CHECK(refused("USING gin (n)").find("no default operator class") != std::string::npos);
  CHECK(refused("(n); DROP TABLE app.builds").find("holds more than a definition") != std::string::npos);
  CHECK(refused("").find("can't be parsed") != std::string::npos);
  CHECK(run(site.app.admin, "SELECT FROM pg_class WHERE relname ~ 'pgcleave_copy'").empty());
  CHECK(site.app.count("app.builds") == 2000);
}

TEST_CASE("an index of that name that is another one is a conflict, and stays") {
  Site site;
  run(site.app.admin, "CREATE INDEX builds_by_client ON app.builds (client)");
  const auto built = site.build();
  REQUIRE_FALSE(built);
  CHECK(built.error().kind == ErrorKind::conflict);
  CHECK(built.error().seen == "index on app.builds USING btree (client)");
  CHECK(site.seen()->valid);
}

TEST_CASE("rows that are there twice are named before a unique index is built, and nothing is left of it") {
  Site site;
  run(site.app.admin,
      "INSERT INTO app.builds SELECT 5000 + i, 1, i, 'x' FROM unnest(ARRAY[1, 11, 21]) i; "
      "INSERT INTO app.builds VALUES (6000, NULL, 7, 'x'), (6001, NULL, 7, 'x')");
  site.request.unique = true;
  const auto built = site.build();
  REQUIRE_FALSE(built);
  CHECK(built.error().what == "can't be unique: 3 keys are there more than once");
  CHECK(built.error().seen == "(1, 1) 2 times, (1, 11) 2 times, (1, 21) 2 times");
  CHECK_FALSE(site.seen());
  run(site.app.admin, "DELETE FROM app.builds WHERE id BETWEEN 5000 AND 5999");
  CHECK(text_of(site.build()) == "");  // NULLs are not equal
}

TEST_CASE("duplicates that come while a unique index is built leave no invalid index behind") {
  Site site;
  site.request.unique = true;
  site.request.definition = "(client, n)";
  auto writer = main_server().connect();
  run(writer, "BEGIN; INSERT INTO app.builds VALUES (9000, 77, 1, 'x'), (9001, 77, 1, 'x')");  // seen by nobody yet
  auto building = std::async(std::launch::async, [&] { return site.build(); });
  site.wait_for_build();
  run(writer, "COMMIT");
  const auto built = building.get();
  REQUIRE_FALSE(built);
  CHECK(built.error().seen == "(77, 1) 2 times");
  CHECK_FALSE(site.seen());
}

TEST_CASE("an index that was left invalid is built anew, and what a REINDEX left beside it is dropped") {
  Site site;
  run(site.app.admin,
      "CREATE INDEX builds_by_client ON app.builds (client, n DESC) WHERE note IS NOT NULL; "
      "CREATE INDEX builds_by_client_ccnew ON app.builds (client); "
      "CREATE INDEX builds_by_client_ccnewer ON app.builds (client); "
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('app.builds_by_client'::regclass, "
      "'app.builds_by_client_ccnew'::regclass, 'app.builds_by_client_ccnewer'::regclass)");
  const auto before = site.seen()->oid;
  const auto built = site.build();
  REQUIRE(text_of(built) == "");
  CHECK(built->oid != before);
  CHECK_FALSE(site.seen("builds_by_client_ccnew"));
  CHECK(site.seen("builds_by_client_ccnewer"));  // of another name
}

TEST_CASE("an index that another session is building is waited for, and not built twice") {
  Site site;
  auto holder = main_server().connect(), other = main_server().connect();
  run(holder, "BEGIN; UPDATE app.builds SET note = 'y' WHERE id = 1");
  auto theirs = std::async(std::launch::async, [&] {
    return other.simple(
        "CREATE INDEX CONCURRENTLY builds_by_client ON app.builds (client, n DESC) WHERE note IS NOT NULL",
        Deadline::in(30s));
  });
  site.wait_for_build();
  while (!site.seen()) continue;
  const auto oid = site.seen()->oid;
  auto ours = std::async(std::launch::async, [&] { return site.build(); });
  CHECK(ours.wait_for(1500ms) == std::future_status::timeout);
  run(holder, "COMMIT");
  CHECK(theirs.get());
  const auto built = ours.get();
  REQUIRE(text_of(built) == "");
  CHECK(built->oid == oid);
  CHECK(site.told.find("builds it: ") != std::string::npos);
}

TEST_CASE("a build that is stopped is cancelled, and its invalid index dropped") {
  Site site;
  auto holder = main_server().connect();
  auto building = site.build_behind(holder);
  site.stop.request();
  site.wait_for_build(false);
  run(holder, "COMMIT");  // until then it is in use
  const auto built = building.get();
  REQUIRE_FALSE(built);
  CHECK(built.error().kind == ErrorKind::interrupted);
  CHECK_FALSE(site.seen());
}

TEST_CASE("an invalid index that a client's transaction uses is left after a stop, and the next build drops it") {
  Site site;
  auto holder = main_server().connect();
  auto building = site.build_behind(holder);
  site.stop.request();
  const auto stopped = building.get();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(stopped.error().hint.find("it is left invalid, since it is in use") == 0);
  CHECK_FALSE(site.seen()->valid);
  site.stop.clear();
  run(holder, "COMMIT");
  CHECK(text_of(site.build()) == "");
}

TEST_CASE("a session that waits for an advisory lock makes the build wait, and nobody deadlocks") {
  Site site;
  auto migrator = main_server().connect(), second = main_server().connect();
  run(migrator, "SELECT pg_advisory_lock(4711)");
  auto waiting =
      std::async(std::launch::async, [&] { return second.simple("SELECT pg_advisory_lock(4711)", Deadline::in(30s)); });
  while (run(site.app.admin, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").empty()) continue;
  auto building = std::async(std::launch::async, [&] { return site.build(); });
  CHECK(building.wait_for(2500ms) == std::future_status::timeout);
  run(migrator, "SELECT pg_advisory_unlock(4711)");
  CHECK(waiting.get());
  CHECK(text_of(building.get()) == "");
  CHECK(site.told.find("waits for pid ") != std::string::npos);
}

TEST_CASE("a sort that needs more temporary files than it may have is foreseen, and leaves nothing when it is tried") {
  Site site;
  run(site.app.admin,
      "INSERT INTO app.builds SELECT i, 1, i, repeat(md5(i::text), 4) FROM generate_series(10001, 30000) i; "
      "ANALYZE app.builds");
  site.request.definition = "(note, id)";
  auto small = main_server().connect();
  run(small, "SET temp_file_limit TO '64kB'; SET maintenance_work_mem TO '1MB'");
  const auto shape = try_index(small, site.request, soon());
  REQUIRE(shape);
  const auto fits = fits_temp_files(small, site.request, *shape, soon());
  REQUIRE_FALSE(fits);
  CHECK(fits.error().expected == "temp_file_limit 64KiB");
  CHECK(fits_temp_files(site.app.admin, site.request, *shape, soon()));

  auto around = site.around();
  around.open = [](Deadline deadline) -> Result<postgres::Connection> {
    TRY_ASSIGN(auto opened, postgres::Connection::open(main_server().settings(), deadline));
    TRY(opened.simple("SET temp_file_limit TO '64kB'", deadline));
    return opened;
  };
  around.memory = Bytes{1 << 20};
  around.workers = 0;
  const auto built = IndexBuilder(site.request, *shape, around).run();
  REQUIRE_FALSE(built);
  CHECK(built.error().code == "53400");
  CHECK(built.error().hint.find("raise temp_file_limit") == 0);
  CHECK_FALSE(site.seen());
}

TEST_CASE("a partitioned table's index is built partition by partition, and every new partition has it") {
  Site site;
  run(site.app.admin, R"sql(
    CREATE TABLE app.parts (id int, part int, note text) PARTITION BY LIST (part);
    CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES IN (1);
    CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES IN (2) PARTITION BY HASH (id);
    CREATE TABLE app."parts 2 a" PARTITION OF app.parts_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE app.parts_2_b PARTITION OF app.parts_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE INDEX parts_1_own ON app.parts_1 (id, part))sql");
  site.request = {{"app", "parts"}, "parts_once", true, "(id, part)"};
  const auto built = site.build();
  REQUIRE(text_of(built) == "");
  CHECK(built->valid);
  CHECK(site.app.count(invalid_ones) == 0);
  run(site.app.admin, "CREATE TABLE app.parts_3 PARTITION OF app.parts FOR VALUES IN (3)");
  CHECK(site.app.count("pg_index WHERE indisunique AND indrelid::regclass::text ~ '^app.\"?parts'") == 6);
  CHECK(text_of(site.build()) == "");
  CHECK(IndexBuilder(site.request, {}, site.around()).drop());
  CHECK(site.app.count("pg_index WHERE indisunique AND indrelid::regclass::text ~ '^app.\"?parts'") == 0);
  CHECK(site.seen("parts_1_own"));
}

TEST_CASE("an index's name on a partition has at most 63 bytes, whole letters, and is another for each") {
  CHECK(short_name("once", "parts_1") == "once_parts_1");
  const std::string index(40, 'i');
  std::string long_one, other;
  for (int i = 0; i < 15; ++i) long_one += "ü";
  other = long_one + "a";
  const auto first = short_name(index, long_one), second = short_name(index, other);
  CHECK(first.size() <= 63);
  CHECK(first != second);
  CHECK(first.substr(0, 41) == index + "_");
}

}  // namespace pgcleave::data

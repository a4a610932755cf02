// A paced vacuum on a real server.
#include "data/vacuum.h"

#include <future>
#include <thread>

#include "a_job.h"

namespace pgcleave::data {
namespace {

using test::App;
using test::main_server;
using test::run;
using test::soon;
using namespace std::chrono_literals;

// app.t in two partitions: one with many dead rows, one with few.
struct Dead {
  Dead() {
    run(app.admin, R"sql(
      CREATE TABLE app.t (id int, n int) PARTITION BY RANGE (id);
      CREATE TABLE app.many PARTITION OF app.t FOR VALUES FROM (0) TO (1001) WITH (autovacuum_enabled = off);
      CREATE TABLE app.few PARTITION OF app.t FOR VALUES FROM (1001) TO (50001) WITH (autovacuum_enabled = off);
      INSERT INTO app.t SELECT i, i FROM generate_series(1, 50000) i;
      UPDATE app.many SET n = 0;
      UPDATE app.few SET n = 0 WHERE id < 1011)sql");
    run(app.admin, "SELECT pg_stat_force_next_flush()");
    run(app.admin, "SELECT 1");
  }
  BuildSurroundings around() { return test::building(stop, told); }
  Brake::Session beside() {
    return [this](Deadline) -> Result<postgres::Connection*> { return &looker; };
  }
  std::int64_t dead(const std::string& table) {
    return run(app.admin, "SELECT pg_stat_get_dead_tuples('app." + table + "'::regclass) AS n").number(0, "n");
  }
  StopFlag stop;
  std::string told;
  App app;
  postgres::Connection looker = main_server().connect();
};

}  // namespace

TEST_CASE("a partition with many dead rows is vacuumed, one with few is left alone") {
  Dead it;
  REQUIRE(it.dead("many") == 1000);
  const auto vacuumed = vacuum({{"app", "t"}}, it.around(), it.beside());
  REQUIRE(vacuumed);
  REQUIRE(vacuumed->size() == 1);
  CHECK(vacuumed->front().leaf.name.name == "many");
  CHECK(vacuumed->front().dead == 1000);
  CHECK(vacuumed->front().percent() == 50);
  for (int i = 0; i < 50 && it.dead("many") > 0; ++i) std::this_thread::sleep_for(100ms);
  CHECK(it.dead("many") == 0);
  CHECK(it.dead("few") == 10);
  CHECK(run(it.app.admin, "SELECT FROM pg_stats WHERE schemaname = 'app' AND tablename = 'many'").size() == 2);
  CHECK(vacuum({{"app", "t"}, 0}, it.around(), it.beside())->size() == 2);
}

TEST_CASE("a vacuum waits while an indicator says stop, and is cancelled when one begins to") {
  Dead it;
  run(it.app.admin,
      "SELECT pg_create_physical_replication_slot('held', true); CREATE TABLE app.wal (t text); INSERT INTO app.wal "
      "SELECT repeat('x', 1000) FROM generate_series(1, 3000)");
  VacuumRequest request{{"app", "t"}};
  request.limits.slot_wal = Bytes{1 << 20};
  auto work = std::async(std::launch::async, [&] { return vacuum(request, it.around(), it.beside()); });
  std::this_thread::sleep_for(1500ms);
  CHECK(it.dead("many") == 1000);
  run(it.app.admin, "SELECT pg_drop_replication_slot('held')");
  CHECK(work.get());
  CHECK(it.told.find("waits: slot held keeps WAL of") != std::string::npos);

  // Under way, with its cost so high that it takes long.
  run(it.app.admin, "UPDATE app.few SET n = 1; SELECT pg_stat_force_next_flush()");
  run(it.app.admin, "CHECKPOINT");  // a page that is dirty already costs nothing
  request.cost_delay = 100ms;
  it.told.clear();
  auto slow = std::async(std::launch::async, [&] { return vacuum(request, it.around(), it.beside()); });
  while (run(it.app.admin, "SELECT FROM pg_stat_progress_vacuum").empty()) std::this_thread::sleep_for(20ms);
  run(it.app.admin,
      "SELECT pg_create_physical_replication_slot('held', true); INSERT INTO app.wal SELECT repeat('x', 1000) FROM "
      "generate_series(1, 3000)");
  std::this_thread::sleep_for(4500ms);
  run(it.app.admin, "SELECT pg_drop_replication_slot('held')");
  CHECK(slow.get());
  INFO(it.told);
  CHECK(it.told.find("slot held keeps WAL of") != std::string::npos);
}

TEST_CASE("a vacuum that is asked to stop is cancelled") {
  Dead it;
  it.stop.request();
  const auto stopped = vacuum({{"app", "t"}}, it.around(), it.beside());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(it.dead("many") == 1000);
}

}  // namespace pgcleave::data

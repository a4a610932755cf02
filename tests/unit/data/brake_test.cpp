// A job that is looked after, on a real server with a real replica.
#include <catch2/catch.hpp>
#include <thread>

#include "data/row_change.h"
#include "data/runner.h"
#include "data/throttle.h"
#include "postgres/server.h"

namespace pgcleave::data {
namespace {

using namespace std::chrono_literals;
using postgres::test::main_server;
using postgres::test::run;
using postgres::test::Schema;
using postgres::test::Server;
using postgres::test::soon;

struct LookedAfter {
  LookedAfter()
      : admin(main_server().connect()),
        session(main_server().connect()),
        beside(main_server().connect()),
        schema(admin, "braked") {
    run(admin,
        "DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE braked.t (id int PRIMARY KEY, a int, b int); INSERT INTO "
        "braked.t SELECT i, NULL, i FROM generate_series(1, 3000) i");
    task.id = "r-1/fill";
    task.table = {"braked", "t"};
    task.change = std::make_shared<RowChange>(std::map<std::string, std::string>{{"a", "row.b"}}, "row.a IS NULL");
    around.leader = [this](Deadline) -> Result<postgres::Connection*> { return &session; };
    around.beside = [this](Deadline) -> Result<postgres::Connection*> { return &beside; };
    around.runner = "ops@a";
    around.stop = &stop;
    around.deadline = Deadline::in(60s);
    around.tell = [this](const std::string& text) { told += text + "\n"; };
  }
  ~LookedAfter() { static_cast<void>(admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  LookedAfter(const LookedAfter&) = delete;
  LookedAfter& operator=(const LookedAfter&) = delete;

  Task task;
  postgres::Connection admin, session, beside;
  Schema schema;
  StopFlag stop;
  Surroundings around;
  std::string told;
};

}  // namespace

TEST_CASE("a job waits outside of its hours, by the clock of the zone, and a zone that is none is refused") {
  LookedAfter it;
  const auto rows =
      run(it.admin,
          "SELECT (date_part('hour', t) * 60 + date_part('minute', t))::int AS minute FROM timezone('Asia/"
          "Kathmandu', clock_timestamp()) t");
  const auto now = static_cast<int>(rows.number(0, "minute"));
  it.task.limits.hours = Hours{(now + 60) % 1440, (now + 120) % 1440, "Asia/Kathmandu"};
  it.around.deadline = Deadline::in(1500ms);
  const auto waiting = Runner(it.task, it.around).run();
  REQUIRE_FALSE(waiting);
  CHECK(waiting.error().kind == ErrorKind::timed_out);
  CHECK(it.told.find(", and the job works ") != std::string::npos);
  CHECK(run(it.admin, "SELECT FROM braked.t WHERE a IS NOT NULL").empty());

  it.task.limits.hours = Hours{(now + 1380) % 1440, (now + 60) % 1440, "Asia/Kathmandu"};
  it.around.deadline = Deadline::in(60s);
  CHECK(Runner(it.task, it.around).run());
  CHECK(check_zone(it.admin, "Asia/Kathmandu", soon()));
  CHECK(check_zone(it.admin, "", soon()));
  CHECK_FALSE(check_zone(it.admin, "Kyiv, the old town", soon()));
}

TEST_CASE("a job waits for a replica that is behind, says so, and goes on when it has caught up") {
  LookedAfter it;
  const Server replica("main", main_server());
  auto standby = replica.connect();
  run(standby, "SELECT pg_wal_replay_pause()");
  run(it.admin, "CREATE TABLE braked.wal AS SELECT repeat(md5(i::text), 30) AS x FROM generate_series(1, 3000) i");
  it.task.limits.replica_lag = Bytes{1 << 20};
  std::string seen;
  std::int64_t changed = -1;
  std::thread person([&] {
    auto admin = main_server().connect();
    const auto until = Deadline::in(30s);
    while (!until.passed()) {
      const auto job = read_job(admin, "r-1/fill", soon());
      if (job && *job && !(*job)->now.empty()) {
        seen = (*job)->now;
        changed = (*job)->changed;
        break;
      }
      std::this_thread::sleep_for(20ms);
    }
    static_cast<void>(standby.simple("SELECT pg_wal_replay_resume()", soon()));
  });
  const auto job = Runner(it.task, it.around).run();
  person.join();
  REQUIRE(job);
  CHECK(job->changed == 3000);
  CHECK(changed == 0);
  CHECK(seen.find(" is behind by ") != std::string::npos);
  CHECK(seen.find("(limit 1MiB)") != std::string::npos);
  CHECK(it.told.find("waits: replica ") != std::string::npos);
}

TEST_CASE("a batch that other sessions wait for is cancelled at once") {
  LookedAfter it;
  run(it.admin, R"sql(
    CREATE FUNCTION braked.slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
    CREATE TRIGGER slowly AFTER UPDATE ON braked.t FOR EACH STATEMENT EXECUTE FUNCTION braked.slowly())sql");
  Duration waited{};
  std::thread client([&] {
    auto session = main_server().connect();
    run(session, "SET session_replication_role TO replica");  // the client itself is quick
    const auto until = Deadline::in(20s);
    while (!until.passed()) {
      if (!run(session, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").empty()) break;
    }
    const auto began = Monotonic::now();
    run(session, "UPDATE braked.t SET b = 7 WHERE id = 1");
    waited = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
    it.stop.request();
  });
  const auto ended = Runner(it.task, it.around).run();
  client.join();
  CHECK(waited < 2s);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind == ErrorKind::interrupted);
  CHECK(run(it.admin, "SELECT FROM braked.t WHERE a IS NOT NULL AND id = 1").empty());
}

TEST_CASE("where the server can't be asked a job stops, since what is not known is no go") {
  Brake brake(Limits{}, [](Deadline) -> Result<postgres::Connection*> {
    return fail({ErrorKind::failed, "main-1", "no route to host", "", "", "", ""});
  });
  const auto now = brake.look({});
  CHECK(now.speed == Speed::stop);
  CHECK(now.why.find("no route to host") != std::string::npos);
  CHECK_FALSE(brake.holds_up_others(1));
  CHECK(Brake(Limits{}, nullptr).look({}).speed == Speed::go);
}

}  // namespace pgcleave::data

#include "postgres/writes.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::run;
using test::Server;
using test::soon;

TEST_CASE("what a standby replayed does not count, what was written after its promotion does, by table") {
  const Server primary("writes");
  auto first = primary.connect();
  run(first, "CREATE TABLE public.a (x int); CREATE TABLE public.\"B b\" (x int); CREATE TABLE public.kept (x int)");
  run(first, "INSERT INTO public.a SELECT generate_series(1, 1000)");
  const Server server("writes", primary);
  run(first, "INSERT INTO public.a SELECT generate_series(1, 500)");
  auto connection = server.connect();
  const auto count = [&] { return run(connection, "SELECT count(*) AS n FROM public.a").number(0, "n"); };
  REQUIRE(wait_until("it is replayed", Deadline::in(10s), 20ms, nullptr,
                     [&]() -> Result<bool> { return count() == 1500; }));
  const std::vector<TableName> moved{{"public", "a"}, {"public", "B b"}};

  const auto standby = writes(connection, moved, soon());
  REQUIRE(standby);
  CHECK(standby->tables.empty());
  CHECK(standby->promoted_at.empty());

  run(connection, "SELECT pg_promote()");
  const auto fresh = writes(connection, moved, soon());
  REQUIRE(fresh);
  CHECK(fresh->rows() == 0);
  CHECK(fresh->promoted_at.ends_with("UTC"));
  CHECK_FALSE(fresh->counters_were_reset);
  CHECK(fresh->quiet_for > 1h);

  {
    auto session = server.connect();
    run(session,
        "INSERT INTO public.a SELECT generate_series(1, 7); UPDATE public.a SET x = 0 WHERE x = 1000; INSERT INTO "
        "public.kept VALUES (1)");
    run(session, "INSERT INTO public.\"B b\" VALUES (1), (2)");
    run(session, "DELETE FROM public.\"B b\" WHERE x = 1");
    const auto busy = writes(connection, moved, soon());
    REQUIRE(busy);
    CHECK(busy->quiet_for < 1s);
  }
  {
    // pgcleave's own sampler looks every second and writes nothing.
    auto settings = server.settings();
    settings.values["application_name"] = "pgcleave sampler";
    auto sampler = Connection::open(settings, soon());
    REQUIRE(sampler);
    run(*sampler, "SELECT 1");
    CHECK(writes(connection, moved, soon())->quiet_for > 1h);
  }
  // The session ended, so it has handed in its counters.
  REQUIRE(wait_until("it is counted", Deadline::in(5s), 20ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto now, writes(connection, moved, soon()));
    return now.rows() == 11;
  }));
  const auto now = writes(connection, moved, soon());
  REQUIRE(now->tables.size() == 2);
  CHECK(now->tables[0].name == TableName{"public", "a"});
  CHECK(now->tables[0].rows == 8);
  CHECK(now->tables[1].name == TableName{"public", "B b"});
  CHECK(now->tables[1].rows == 3);

  run(connection, "SELECT pg_sleep(2), pg_stat_reset()");
  CHECK(writes(connection, moved, soon())->counters_were_reset);
}

#include "postgres/wal.h"
#include "two_sides.h"

using namespace std::chrono_literals;

namespace pgcleave::steps::test {
using namespace pgcleave::world;

using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::Server;

TEST_CASE("what has to be replayed is asked of the member that replays") {
  const Server standby("ci", main_server());
  auto source = main_server().connect();
  auto target = standby.connect();
  run(target, "SELECT pg_wal_replay_pause()");
  run(source, "DROP TABLE IF EXISTS public.replayed; CREATE TABLE public.replayed (id int)");
  const auto lsn = run(source, "SELECT pg_current_wal_flush_lsn() AS lsn").text(0, "lsn");
  TwoSides sides(main_server(), standby);
  const Json with{{"on", "target"}, {"lsn", lsn}};
  const auto state = [&] {
    const auto seen = sides.observe("postgres.wait_replay", with);
    REQUIRE(seen);
    return seen->state;
  };
  CHECK(state() == State::pending);
  const auto in_vain = sides.apply("postgres.wait_replay", with, 300ms);
  REQUIRE_FALSE(in_vain);
  CHECK(in_vain.error().kind == ErrorKind::timed_out);
  CHECK(in_vain.error().seen.find("replay is paused") != std::string::npos);
  run(target, "SELECT pg_wal_replay_resume()");
  const auto replayed = sides.apply("postgres.wait_replay", with, 5s);
  CHECK((replayed ? "" : replayed.error().text()) == "");
  CHECK(state() == State::done);
  CHECK(run(target, "SELECT FROM public.replayed").empty());
}

}  // namespace pgcleave::steps::test

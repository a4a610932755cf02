#include "watch/prober.h"

#include <catch2/catch.hpp>
#include <thread>

#include "pgbouncer/servers.h"

using namespace pgcleave;
using namespace pgcleave::watch;
using namespace std::chrono_literals;
using pgbouncer::Folder;
using pgbouncer::RunningBouncer;

namespace {

const postgres::TableName table{"pgcleave", "probe_ci"};

struct ProbedPlace {
  ProbedPlace() {
    REQUIRE(direct().simple(
        "CREATE SCHEMA pgcleave; CREATE TABLE pgcleave.probe_ci (bouncer text PRIMARY KEY, n bigint, at timestamptz)",
        pgbouncer::soon()));
  }
  postgres::Connection direct() const { return bouncer.connect(); }
  postgres::Settings through(const std::string& name) const {
    auto settings = bouncer.client();
    settings.name = name;
    return settings;
  }
  Folder folder;
  pgbouncer::Postgres server{folder, "main"};
  RunningBouncer bouncer{folder, "one", server.port()};
};

Duration longest_gap(const ClientSeen& seen) {
  Duration longest{};
  for (std::size_t i = 1; i < seen.writes.size(); ++i)
    longest = std::max(longest, std::chrono::duration_cast<Duration>(seen.writes[i].at - seen.writes[i - 1].at));
  return longest;
}

}  // namespace

TEST_CASE("a prober writes through each bouncer at its rate, and knows who stored what") {
  ProbedPlace place;
  Prober prober({place.through("bouncer-1"), place.through("bouncer-2")}, table, 5ms);
  REQUIRE(prober.all_served(Monotonic::now(), Deadline::in(5s)));
  std::this_thread::sleep_for(500ms);
  const auto seen = prober.stop();
  REQUIRE(seen.size() == 2 * static_cast<std::size_t>(Prober::clients_per_bouncer(2)));
  CHECK(seen.front().bouncer == "bouncer-1");
  CHECK(seen.back().bouncer == "bouncer-2");
  std::map<std::string, std::size_t> writes;
  for (const auto& client : seen) {
    writes[client.bouncer] += client.writes.size();
    CHECK(client.errors == 0);
    CHECK(client.clusters == std::vector<std::string>{"main"});
    for (const auto& write : client.writes) CHECK(write.since < write.at);
  }
  for (const auto& [bouncer, count] : writes) {
    CHECK(count > 50);
    CHECK(count < 140);
  }
  auto reader = place.direct();
  const auto rows = reader.simple("SELECT n FROM pgcleave.probe_ci ORDER BY bouncer", pgbouncer::soon());
  REQUIRE(rows);
  REQUIRE(rows->size() == seen.size());
  // One may have been under way when it was stopped.
  CHECK(rows->number(0, "n") - static_cast<std::int64_t>(seen[0].writes.size()) <= 1);
}

TEST_CASE("a pause of the pool is seen as long as it was, as a gap and as a wait, and is no error") {
  ProbedPlace place;
  auto console = place.bouncer.console();
  Prober prober({place.through("bouncer-1")}, table, 5ms);
  REQUIRE(prober.all_served(Monotonic::now(), Deadline::in(5s)));
  std::this_thread::sleep_for(100ms);
  REQUIRE(console.send("PAUSE app"));
  REQUIRE(console.receive(pgbouncer::soon()));
  const auto paused = Monotonic::now();
  std::this_thread::sleep_for(300ms);
  const auto resumed = Monotonic::now();
  REQUIRE(console.resume("app", pgbouncer::soon()));
  CHECK(prober.all_served(resumed, Deadline::in(5s)));
  std::this_thread::sleep_for(100ms);
  const auto seen = prober.stop();
  const auto pause = std::chrono::duration_cast<Duration>(resumed - paused);
  for (const auto& client : seen) {
    CHECK(client.errors == 0);
    CHECK(longest_gap(client) >= pause);
    CHECK(longest_gap(client) < pause + 90ms);
    CHECK(client.longest_wait >=
          pause - 5ms * Prober::clients_per_bouncer(1) - 10ms);  // due at the latest so long after the PAUSE
    // What was due meanwhile is not sent afterwards in one go.
    CHECK(client.writes.size() < 30);
  }
}

TEST_CASE("a prober whose writes and logins wait in a paused pool is stopped at once") {
  ProbedPlace place;
  auto console = place.bouncer.console();
  Prober writing({place.through("bouncer-1")}, table, 5ms);
  REQUIRE(writing.all_served(Monotonic::now(), Deadline::in(5s)));
  REQUIRE(console.send("PAUSE app"));
  REQUIRE(console.receive(pgbouncer::soon()));
  auto stranger = place.through("bouncer-2");
  stranger.values["user"] = "nobody_yet";  // PgBouncer has no server of its pool yet, and so lets the login wait
  Prober logging_in({stranger}, table, 5ms);
  std::this_thread::sleep_for(50ms);
  const auto asked = Monotonic::now();
  CHECK(writing.stop().front().errors == 0);
  CHECK(Monotonic::now() - asked < 120ms);
  CHECK(logging_in.stop().front().errors == 0);
  CHECK(Monotonic::now() - asked < 350ms);
  REQUIRE(console.resume("app", pgbouncer::soon()));
  CHECK(place.direct().simple("SELECT 1", pgbouncer::soon()));  // no cancel request has hurt the pool
}

TEST_CASE("a bouncer that restarts costs its client errors, and the prober logs in again") {
  ProbedPlace place;
  Prober prober({place.through("bouncer-1")}, table, 5ms);
  REQUIRE(prober.all_served(Monotonic::now(), Deadline::in(5s)));
  place.bouncer.restart();
  CHECK(prober.all_served(Monotonic::now(), Deadline::in(5s)));
  const auto seen = prober.stop();
  CHECK(seen[0].errors > 0);
  CHECK_FALSE(seen[0].first_error.empty());
}

TEST_CASE("a table that is not there is asked for once") {
  ProbedPlace place;
  Prober prober({place.through("bouncer-1")}, {"pgcleave", "probe_other"}, 1ms);
  CHECK(prober.all_served(Monotonic::now() + 1h, Deadline::in(5s)));
  std::this_thread::sleep_for(50ms);
  const auto seen = prober.stop();
  CHECK(seen[0].gave_up);
  CHECK(seen[0].errors == 1);
  CHECK(seen[0].first_error.find("probe_other") != std::string::npos);
}

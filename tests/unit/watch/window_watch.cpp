#include "watch/window_watch.h"

#include <catch2/catch.hpp>
#include <thread>

#include "pgbouncer/servers.h"

using namespace pgcleave;
using namespace pgcleave::watch;
using namespace std::chrono_literals;
using namespace pgbouncer;

namespace {

struct WatchedPlace {
  WatchedPlace() {
    REQUIRE(bouncer.connect().simple(
        "CREATE SCHEMA pgcleave; CREATE TABLE pgcleave.probe_ci (bouncer text PRIMARY KEY, n bigint, at timestamptz)",
        soon()));
  }
  void pause() {
    auto console = bouncer.console();
    REQUIRE(console.send("PAUSE app"));
    REQUIRE(console.receive(soon()));
  }
  void resume() { REQUIRE(bouncer.console().resume("app", soon())); }
  Folder folder;
  Postgres server{folder, "main"};
  RunningBouncer bouncer{folder, "one", server.port()};
  WindowWatch watch{{bouncer.client()}, {"pgcleave", "probe_ci"}, 5ms};
};

}  // namespace

TEST_CASE("a watch tells how long the clients of a window were not served") {
  WatchedPlace place;
  place.watch.begin(false);
  place.pause();
  std::this_thread::sleep_for(100ms);
  place.resume();
  const auto told = place.watch.end();
  INFO(told.dump(2));
  CHECK(told["why"] == "");
  CHECK(told["every_ms"] == 5.0);
  CHECK(told["outage_ms"] >= 100.0);
  CHECK(told["outage_ms"] < 250.0);
  CHECK(told["errors"] == 0);
  CHECK(told["bouncers"][0]["writes"] > 100);
}

TEST_CASE("a watch that begins while clients wait holds up nobody, and says that the outage was longer") {
  WatchedPlace place;
  place.pause();
  const auto asked = Monotonic::now();
  place.watch.begin(true);
  CHECK(Monotonic::now() - asked < 50ms);
  std::this_thread::sleep_for(300ms);
  place.resume();
  const auto told = place.watch.end();
  CHECK(told["outage_ms"] >= 300.0);
  CHECK(told["at_least"] == true);
}

TEST_CASE("a watch that can't write says why, and measures nothing") {
  WatchedPlace place;
  static_cast<void>(place.bouncer.connect().simple("DROP TABLE pgcleave.probe_ci", soon()));
  place.watch.begin(false);
  auto told = place.watch.end();
  CHECK(told["why"].get<std::string>().find("probe_ci") != std::string::npos);
  CHECK_FALSE(told.contains("outage_ms"));
  WindowWatch nobody({}, {"pgcleave", "probe_ci"}, 5ms);
  nobody.begin(false);
  told = nobody.end();
  CHECK(told["why"] == "no pool of the environment has a `probe`");
}

// Which process a console leads to, and to which database its pool.
#include <catch2/catch.hpp>

#include "pgbouncer/listening.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

namespace {

ProcessId process_of(Fleet& fleet) {
  const auto processes = fleet.processes(soon());
  REQUIRE(processes.size() == 1);
  if (!processes.front()) FAIL(processes.front().error().text());
  return *processes.front();
}

}  // namespace

TEST_CASE("a process that restarts is the one that it was, another one and another database behind the pool are not") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  RunningBouncer one(folder, "one", postgres.port());
  const RunningBouncer two(folder, "two", postgres.port());
  Fleet fleet({one.spec()});
  const auto process = process_of(fleet);
  CHECK(process.listen_port == one.spec().console.values.at("port"));
  CHECK_FALSE(process.database.empty());

  one.restart();
  Fleet again({one.spec()});
  again.expect("one", process);
  CHECK(process_of(again).listen_port == process.listen_port);

  auto elsewhere = two.spec();
  elsewhere.name = "one";
  Fleet other({elsewhere});
  other.expect("one", process);
  const auto connected = other.connect(soon());
  REQUIRE_FALSE(connected);
  CHECK(connected.error().kind == ErrorKind::invalid);
  CHECK(connected.error().what == "is not the process that the run began with");
  CHECK(connected.error().expected.find("listen_port " + process.listen_port) == 0);
  CHECK(connected.error().seen.find("listen_port " + elsewhere.console.values.at("port")) == 0);
  CHECK(problem(other.resume(soon())) != "");  // nothing is sent there

  auto moved = process;
  moved.database = "another";
  Fleet third({one.spec()});
  third.expect("one", moved);
  const auto led = third.connect(soon());
  REQUIRE_FALSE(led);
  CHECK(led.error().kind == ErrorKind::invalid);
  CHECK(led.error().expected == "database another");
  CHECK(led.error().seen == "database " + process.database);

  Fleet unknown({one.spec()});
  unknown.expect("one", ProcessId{});
  CHECK(problem(unknown.connect(soon())) == "");
}

TEST_CASE("somebody listens at a console as long as its process lives, by port and by socket") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  RunningBouncer one(folder, "one", postgres.port());
  const auto port = one.spec().console.values.at("port");
  CHECK(somebody_listens("127.0.0.1", port, soon()));
  one.stop();
  CHECK_FALSE(somebody_listens("127.0.0.1", port, soon()));
  CHECK_FALSE(somebody_listens(folder.path(), port, soon()));
  CHECK_FALSE(somebody_listens("no-such-host.invalid", port, soon()));
}

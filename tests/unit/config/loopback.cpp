#include <catch2/catch.hpp>

#include "config/connection_keys.h"

using namespace pgcleave;
using namespace pgcleave::runbook;
using namespace pgcleave::config;

TEST_CASE("an address that means another server on each machine is known as such") {
  for (const auto* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost", "/run/postgresql", ""})
    CHECK(config::is_loopback(host));
  for (const auto* host : {"10.0.0.1", "db.example", "1127.0.0.1", "fd00::1"}) CHECK_FALSE(config::is_loopback(host));
}

TEST_CASE("a bouncer's route to its own machine can't be seen from another one") {
  config::BouncerAccess here{"one", {}, "one.ini", {}}, there = here, by_shell = here;
  here.console.values["host"] = "127.0.0.1";
  there.console.values["host"] = "10.0.0.7";
  by_shell.shell = {"ssh", "b1"};
  CHECK_FALSE(cannot_be_seen_from_here(here, "127.0.0.1"));
  CHECK(cannot_be_seen_from_here(there, "127.0.0.1"));
  CHECK(cannot_be_seen_from_here(by_shell, "localhost"));
  CHECK_FALSE(cannot_be_seen_from_here(there, "10.0.0.3"));
}

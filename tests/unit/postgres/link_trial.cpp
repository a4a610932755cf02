#include "postgres/link_trial.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::ci_server;
using test::main_server;
using test::run;
using test::soon;

namespace {

SubscriptionSpec to_main(const std::string& user) {
  SubscriptionSpec spec;
  spec.name = spec.publication = "pgcleave_try_ci";
  spec.connection = "host=127.0.0.1 port=" + std::to_string(main_server().port()) + " dbname=postgres user=" + user;
  spec.password = Secret("hush 'hush' \\");
  return spec;
}

std::int64_t traces_left(Connection& server) {
  return run(server,
             "SELECT (SELECT count(*) FROM pg_subscription WHERE subname ~ '^pgcleave_try') + (SELECT count(*) FROM "
             "pg_replication_origin) "
             "AS n")
      .number(0, "n");
}

}  // namespace

TEST_CASE("a server tries to log in as a subscription would, and nothing of it stays") {
  auto target = ci_server().connect();
  auto source = main_server().connect();
  const auto before = traces_left(target);
  const auto slots = run(source, "SELECT count(*) AS n FROM pg_replication_slots").number(0, "n");
  if (GENERATE(false, true)) run(target, "SET default_transaction_read_only TO on");
  const auto tried = try_subscription(target, to_main("postgres"), soon());
  INFO((tried ? "" : tried.error().text()));
  CHECK(tried.has_value());
  const auto refused = try_subscription(target, to_main("nobody_like_that"), soon());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().text().find("nobody_like_that") != std::string::npos);
  CHECK(traces_left(target) == before);
  CHECK(run(source, "SELECT count(*) AS n FROM pg_replication_slots").number(0, "n") == slots);
  CHECK(target.simple("SELECT 1", soon()).has_value());
  CHECK(ci_server().log().find("hush") == std::string::npos);
}

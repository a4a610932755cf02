// How a side is reached by the other side's server, read back by libpq itself, and for how long its configuration
// holds.
#include "world/side.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "base/process.h"
#include "patroni/member.h"
#include "postgres/server.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::main_server;

config::SideAccess reached(std::map<std::string, std::string> values) {
  config::SideAccess access;
  access.scope = "main";
  access.postgres.values = {{"user", "postgres"}, {"dbname", "app"}};
  access.route = {"10.0.0.9", 6000};
  access.replication.values = std::move(values);
  return access;
}

std::string conninfo(const config::SideAccess& access) {
  return Side(fence::Owner::source, access).replication_conninfo(postgres::test::soon()).value();
}

}  // namespace

TEST_CASE("what holds quotes, backslashes or blanks reaches the publisher as it is written in the environment file") {
  const std::string hostile = R"(it's \'a\' "name" \ = x)";
  const auto text = conninfo(reached({{"host", "127.0.0.1"},
                                      {"port", std::to_string(main_server().port())},
                                      {"user", "postgres"},
                                      {"dbname", "postgres"},
                                      {"application_name", hostile}}));
  INFO(text);
  const Command psql{{"psql", "-XAtc", "SHOW application_name", text}};
  const auto finished = run_command(psql, postgres::test::soon(), nullptr);
  REQUIRE(finished);
  CHECK(finished->output == hostile + "\n");
}

TEST_CASE("a publisher is reached through the side's route and in its database unless replication says otherwise") {
  CHECK(conninfo(reached({{"user", "link"}})) == "dbname='app' host='10.0.0.9' port='6000' user='link'");
  CHECK(conninfo(reached({{"dbname", "other"}, {"host", "10.0.0.7"}, {"port", "6007"}})) ==
        "dbname='other' host='10.0.0.7' port='6007'");
  auto nameless = reached({});
  nameless.postgres.values.erase("dbname");
  CHECK(conninfo(nameless) == "host='10.0.0.9' port='6000'");
}

TEST_CASE("a route that follows the leader is the leader's address as Patroni tells it, a fixed one asks nobody") {
  std::atomic<bool> leads{true};
  const patroni::StandIn member([&](const patroni::Request& request) {
    if (request.path != "/cluster") return patroni::answer(200, R"({"patroni": {"scope": "main"}})");
    Json members = Json::array({{{"name", "a"}, {"role", "replica"}, {"host", "10.0.0.1"}, {"port", 5432}}});
    if (leads) members.push_back({{"name", "b"}, {"role", "leader"}, {"host", "10.0.0.2"}, {"port", 5433}});
    return patroni::answer(200, Json{{"members", members}}.dump());
  });
  auto access = reached({{"user", "link"}});
  access.patroni.members = {member.url()};
  Side fixed(fence::Owner::source, access);
  CHECK(fixed.route(postgres::test::soon())->host == "10.0.0.9");
  access.route = {"", 0, true};
  Side side(fence::Owner::source, access);
  const auto route = side.route(postgres::test::soon());
  REQUIRE(route);
  CHECK(route->host == "10.0.0.2");
  CHECK(route->port == 5433);
  CHECK(side.replication_conninfo(postgres::test::soon()).value() ==
        "dbname='app' host='10.0.0.2' port='5433' user='link'");
  leads = false;
  const auto none = side.route(postgres::test::soon());
  REQUIRE_FALSE(none);
  CHECK(none.error().what == "the Patroni cluster has no leader");
  CHECK_FALSE(side.replication_conninfo(postgres::test::soon()));
}

TEST_CASE("a configuration that was remembered is used for ten seconds, and then read anew") {
  std::atomic<int> asked{0};
  const patroni::StandIn member([&](const patroni::Request& request) {
    if (request.path == "/config") return patroni::answer(200, Json{{"asked", ++asked}}.dump());
    return patroni::answer(200, "{}");
  });
  config::SideAccess access;
  access.scope = "main";
  access.patroni.members = {member.url()};
  Side side(fence::Owner::source, access);
  const auto config = [&] {
    const auto seen = side.config(postgres::test::soon());
    REQUIRE(seen);
    return seen->at("asked");
  };
  CHECK(config() == 1);
  CHECK(config() == 2);
  REQUIRE(side.remember_config(postgres::test::soon()));
  CHECK(config() == 3);
  CHECK(config() == 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(10050));
  CHECK(config() == 4);
}

}  // namespace pgcleave::steps::test

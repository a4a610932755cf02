#include "postgres/identity.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::soon;

TEST_CASE("a server is told by identifier, timeline, cluster name and address") {
  auto connection = main_server().connect();
  const auto identity = identify(connection, soon());
  REQUIRE(identity);
  CHECK(identity->cluster_name == "main");
  CHECK(identity->timeline == 1);
  CHECK_FALSE(identity->in_recovery);
  CHECK(identity->superuser);
  CHECK(identity->database == "postgres");
  CHECK(identity->database_oid ==
        run(connection, "SELECT oid FROM pg_database WHERE datname = 'postgres'").text(0, "oid"));
  CHECK(identity->user == "postgres");
  CHECK(identity->version == run(connection, "SHOW server_version_num").number(0, "server_version_num"));
  CHECK(identity->data_directory == run(connection, "SHOW data_directory").text(0, "data_directory"));
  CHECK(identity->address == connection.address());
  auto other = test::ci_server().connect();
  CHECK(identify(other, soon())->system_identifier != identity->system_identifier);
}

TEST_CASE("a user without rights can be identified too, without the data folder") {
  auto admin = main_server().connect();
  run(admin, "DROP ROLE IF EXISTS humble; CREATE ROLE humble LOGIN");
  {
    auto connection = main_server().connect("humble");
    const auto identity = identify(connection, soon());
    REQUIRE(identity);
    CHECK_FALSE(identity->superuser);
    CHECK(identity->data_directory.empty());
    CHECK(identity->cluster_name == "main");
  }
  run(admin, "DROP ROLE humble");
}

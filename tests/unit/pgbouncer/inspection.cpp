#include "pgbouncer/inspection.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "pgbouncer/bouncer.h"
#include "pgbouncer/place/config_place.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

namespace fs = std::filesystem;

TEST_CASE("an inspection tells what runs, who came, and what the file says") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port(), "query_wait_timeout = 7\n");
  auto client = bouncer.connect();
  REQUIRE(client.simple("select 1", soon()).has_value());
  Fleet fleet({bouncer.spec()});
  const auto seen = fleet.inspect(soon());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].error == "");
  CHECK(seen[0].file_error == "");
  CHECK(seen[0].version.find("PgBouncer 1.") == 0);
  CHECK_FALSE(seen[0].process_paused);
  CHECK(seen[0].setting("query_wait_timeout") == "7");
  CHECK(seen[0].settings.at("query_wait_timeout").changeable);
  CHECK_FALSE(seen[0].settings.at("listen_port").changeable);
  REQUIRE(seen[0].database.has_value());
  CHECK(seen[0].database->port == postgres.port());
  CHECK(seen[0].database->pool_size == 10);
  CHECK(seen[0].database->pool_mode == "transaction");
  CHECK(seen[0].pool_users.size() == 1);
  CHECK(seen[0].known_users.size() >= 1);
  CHECK(seen[0].clients >= 3);  // ours and two consoles
  CHECK(seen[0].same_file);
  CHECK(seen[0].why_unwritable == "");
  REQUIRE(seen[0].config.has_value());
  CHECK(seen[0].config->settings().at("query_wait_timeout") == "7");
}

TEST_CASE("a pool that is not served, another file, and a process that is there twice are told") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  auto other = bouncer.spec();
  other.name = "other";
  other.database = "nothing";
  other.config = folder.path() + "/copy.ini";
  fs::copy_file(bouncer.spec().config, other.config);
  {
    Fleet fleet({other});
    const auto seen = fleet.inspect(soon());
    CHECK(seen[0].error == "");
    CHECK_FALSE(seen[0].database.has_value());
    CHECK_FALSE(seen[0].same_file);
  }
  Fleet twice({bouncer.spec(), other});
  const auto seen = twice.inspect(soon());
  CHECK((seen[0].distinct && seen[1].distinct) == false);
}

TEST_CASE("a file in a folder that is not ours can't be replaced, here and behind a shell") {
  const Folder folder;
  const auto ini = folder.path() + "/b.ini";
  std::ofstream(ini) << "[databases]\n";
  fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  for (const auto& reach : {std::vector<std::string>{}, std::vector<std::string>{"env"}}) {
    ConfigPlace place(reach);
    REQUIRE(place.open(soon()).has_value());
    CHECK(place.why_not_writable(ini, soon()).value() == "");
  }
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::chown(ini.c_str(), 65534, 65534) == 0);
  if (root) REQUIRE(::seteuid(65534) == 0);
  if (!root) fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  std::vector<std::vector<std::string>> ways{{}};
  if (!root) ways.push_back({"env"});  // a shell takes its real user again
  for (const auto& reach : ways) {
    ConfigPlace place(reach);
    const auto why = place.why_not_writable(ini, soon());
    CHECK((why ? *why : "").rfind("folder ", 0) == 0);
  }
  if (root) REQUIRE(::seteuid(0) == 0);
  fs::permissions(folder.path(), fs::perms::all);
  if (!root) return;
  REQUIRE(::chown(ini.c_str(), 0, 0) == 0);
  REQUIRE(::seteuid(65534) == 0);
  ConfigPlace place({});
  const auto why = place.why_not_writable(ini, soon());
  REQUIRE(::seteuid(0) == 0);
  CHECK((why ? *why : "").find("belongs to user 0") != std::string::npos);
}

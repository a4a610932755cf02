// Schema pgcleave on a server of the tests, with or without tables that are fenced; gone afterwards.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fence/canary.h"
#include "fence/ownership.h"
#include "server.h"

namespace pgcleave::postgres::test {
using fence::Fence;
using fence::Owner;

inline const Fence the_fence{"ci", "main", "ci"};
inline const auto canary = fence::canary_of("ci", Owner::source);

// No table is fenced.
struct Installed {
  explicit Installed(Server& server = main_server()) : admin(server.connect()) {
    run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    REQUIRE(fence::install(admin, the_fence, soon()));
  }
  ~Installed() { static_cast<void>(admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  Installed(const Installed&) = delete;
  Installed& operator=(const Installed&) = delete;
  Connection admin;
};

// A fresh table is fenced.
struct Fenced {
  explicit Fenced(Server& server = main_server(), Fence of = the_fence)
      : admin(server.connect()), schema(admin, "app"), which(std::move(of)) {
    run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE app.builds (id int PRIMARY KEY, note text)");
    REQUIRE(fence::install(admin, which, soon()));
    REQUIRE(fence::create_triggers(admin, which, tables, std::chrono::milliseconds(100), soon(), nullptr));
  }
  ~Fenced() { static_cast<void>(admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;

  Connection admin;
  Schema schema;
  Fence which;
  std::vector<TableName> tables = {{"app", "builds"}};
};

// "" when the server took it.
inline std::string sqlstate(Connection& connection, const std::string& sql) {
  const auto rows = connection.simple(sql, soon());
  return rows ? "" : rows.error().code;
}

}  // namespace pgcleave::postgres::test

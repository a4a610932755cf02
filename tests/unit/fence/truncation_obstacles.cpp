#include <catch2/catch.hpp>

#include "fence/sql/truncation.h"
#include "postgres/catalog.h"
#include "postgres/server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::main_server;
using test::run;
using test::soon;

TEST_CASE("partitions whose rows are on another server stand against emptying their tables, each by its name") {
  auto admin = main_server().connect();
  const test::Schema schema(admin, "afar");
  run(admin, "DROP FOREIGN DATA WRAPPER IF EXISTS nowhere CASCADE");
  run(admin,
      "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER archive FOREIGN DATA WRAPPER nowhere;"
      "CREATE TABLE afar.log (id int) PARTITION BY LIST (id); CREATE TABLE afar.log_1 PARTITION OF afar.log FOR VALUES "
      "IN (1);"
      "CREATE FOREIGN TABLE afar.log_2 PARTITION OF afar.log FOR VALUES IN (2) SERVER archive;"
      "CREATE FOREIGN TABLE afar.log_3 PARTITION OF afar.log FOR VALUES IN (3) SERVER archive");
  auto all = tables(admin, soon());
  REQUIRE(all);
  std::erase_if(*all, [](const auto& table) { return table.name.schema != "afar"; });
  const auto found = fence::obstacles_to_truncation(admin, *all, {}, soon());
  run(admin, "DROP FOREIGN DATA WRAPPER nowhere CASCADE");
  REQUIRE(found);
  CHECK(*found ==
        std::vector<std::string>{"partition afar.log_2 is a foreign table, whose rows are elsewhere: detach it",
                                 "partition afar.log_3 is a foreign table, whose rows are elsewhere: detach it"});
}

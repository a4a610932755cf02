#include "pgbouncer/console_answers.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

namespace {

using Row = std::vector<std::optional<std::string>>;

postgres::Rows rows(const std::vector<std::string>& columns, const std::vector<Row>& cells) {
  return {columns, cells, "SHOW"};
}

}  // namespace

TEST_CASE("a console's numbers that are none, or too large, count as zero") {
  const auto seen = databases_in(rows({"name", "host", "port", "paused", "pool_size"},
                                      {{"app", std::nullopt, "99999999999999999999", "yes", "-"}}),
                                 "b");
  REQUIRE(seen);
  REQUIRE(seen->size() == 1);
  CHECK(seen->front().host.empty());
  CHECK(seen->front().port == 0);
  CHECK_FALSE(seen->front().paused);
  CHECK(seen->front().pool_size == 0);
}

TEST_CASE("a sum over pools does not turn around") {
  const auto pools = rows({"database", "user", "cl_waiting"},
                          {{"app", "a", "2147483647"}, {"app", "b", "2147483647"}, {"other", "a", "1"}});
  CHECK(sum_in(pools, "app", "cl_waiting", "b") == INT32_MAX);
  CHECK(sum_in(pools, "other", "cl_waiting", "b") == 1);
  CHECK(pool_users_in(pools, "app", "b") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("an answer without the column that is needed is named, whatever answered") {
  const auto other = rows({"?column?"}, {{"1"}});
  CHECK(databases_in(other, "bouncer b").error().text() ==
        "bouncer b: SHOW DATABASES lacks a column (expected name, seen another version's answer, or not PgBouncer's "
        "console)");
  CHECK_FALSE(settings_in(other, "b"));
  CHECK_FALSE(active_servers_in(other, other, "app", "b"));
  CHECK_FALSE(clients_in(other, "b"));
  CHECK_FALSE(version_in(other, "b"));
  CHECK(version_in(rows({"version"}, {}), "b") == "");
}

TEST_CASE("a process is paused when SHOW STATE says so, and an answer that does not say is none") {
  CHECK(process_paused_in(rows({"key", "value"}, {{"active", "no"}, {"paused", "yes"}, {"suspended", "no"}}), "b") ==
        true);
  CHECK(process_paused_in(rows({"key", "value"}, {{"active", "yes"}, {"paused", "no"}}), "b") == false);
  CHECK_FALSE(process_paused_in(rows({"key", "value"}, {{"active", "yes"}}), "b"));
  CHECK_FALSE(process_paused_in(rows({"?column?"}, {{"1"}}), "b"));
}

TEST_CASE("who holds a server connection is told, or that it is nobody's") {
  const auto servers = rows({"database", "state", "link", "remote_pid"},
                            {{"app", "active", "0x2", "4711"}, {"app", "idle", "", "1"}, {"app", "active", "", "12"}});
  const auto clients =
      rows({"ptr", "user", "addr", "port", "application_name"}, {{"0x2", "joe", "127.0.0.1", "5", "psql"}});
  const auto seen = active_servers_in(servers, clients, "app", "b").value();
  CHECK(seen == std::vector<ActiveServer>{{4711, "joe from 127.0.0.1:5 (psql)"}, {12, ""}});
  CHECK(seen.front().text() == "server pid 4711 of joe from 127.0.0.1:5 (psql)");
  CHECK(seen.back().text() == "server pid 12 of no client: it is being closed or logged in");
}

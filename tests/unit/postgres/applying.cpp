// What 16 and later know is tried where they run; 15 has to get by without it.
#include "postgres/applying.h"

#include <catch2/catch.hpp>

#include "postgres/replication.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::ci_server;
using test::main_server;
using test::run;
using test::soon;

namespace {

const std::vector<TableName> builds = {{"rep", "builds"}};

// A table on both servers, published by both; its owner is nobody special.
struct Linked {
  Linked() : main(main_server().connect()), ci(ci_server().connect()), main_schema(main, "rep"), ci_schema(ci, "rep") {
    for (auto* side : {&main, &ci}) {
      run(*side, "CREATE ROLE rep_owner");
      run(*side,
          "CREATE TABLE rep.builds (id int PRIMARY KEY); CREATE TABLE rep.others (id int PRIMARY KEY); "
          "GRANT ALL ON SCHEMA rep TO rep_owner; ALTER TABLE rep.builds OWNER TO rep_owner");
      REQUIRE(create_publication(*side, "linked", {builds, true}, soon()));
    }
  }
  ~Linked() {
    for (auto* side : {&main, &ci}) (void)drop_subscription(*side, "linked", soon());
    for (auto* side : {&main, &ci}) {
      (void)drop_slot(*side, "linked", soon());
      (void)drop_publication(*side, "linked", soon());
      (void)side->simple("DROP SCHEMA rep CASCADE; DROP ROLE rep_owner", soon());
    }
  }
  Linked(const Linked&) = delete;
  Linked& operator=(const Linked&) = delete;

  void link(Connection& from, int port, Connection& to, const SubscriptionOptions& options) {
    REQUIRE(create_logical_slot(from, "linked", soon()));
    SubscriptionSpec spec;
    spec.name = spec.publication = spec.slot = "linked";
    spec.connection = "host=127.0.0.1 port=" + std::to_string(port) + " user=postgres dbname=postgres";
    spec.options = options;
    REQUIRE(create_subscription(to, spec, soon()));
    REQUIRE(enable_subscription(to, "linked", soon()));
  }
  void to_ci(const SubscriptionOptions& options) { link(main, main_server().port(), ci, options); }
  void to_main(const SubscriptionOptions& options) { link(ci, ci_server().port(), main, options); }

  [[nodiscard]] bool knows_origins() const { return main.server_version() >= origins_since; }
  Connection main;
  Connection ci;
  test::Schema main_schema;
  test::Schema ci_schema;
};

Result<void> comes_to(Connection& side, int id) {
  return wait_until("the row has come", soon(), 5ms, nullptr, [&]() -> Result<bool> {
    return !run(side, "SELECT FROM rep.builds WHERE id = " + std::to_string(id)).empty();
  });
}

SubscriptionOptions options_on(Connection& side) {
  return subscription(side, "linked", soon())->value().options;
}

}  // namespace

TEST_CASE("replication of others that writes a table is named, and our own is not") {
  Linked it;
  CHECK(other_origins(it.ci, builds, {}, soon())->empty());
  it.to_ci({});
  using Names = std::vector<std::string>;
  CHECK(*other_origins(it.ci, builds, {"another"}, soon()) == Names{"subscription linked"});
  CHECK(other_origins(it.ci, builds, {"linked"}, soon())->empty());
  CHECK(other_origins(it.ci, {{"rep", "others"}}, {}, soon())->empty());
  run(it.ci, "SELECT pg_replication_origin_create('feed')");
  const auto named = other_origins(it.ci, {{"rep", "others"}}, {}, soon());
  run(it.ci, "SELECT pg_replication_origin_drop('feed')");
  CHECK(*named == Names{"replication origin feed"});
}

TEST_CASE("row security that is forced on an owner whom it stops is named, with whether our role passes it") {
  Linked it;
  auto table_of = [&](const char* change) {
    run(it.ci, std::string("ALTER TABLE rep.builds ") + change);
    return row_security(it.ci, builds, soon())->forced;
  };
  CHECK(table_of("ENABLE ROW LEVEL SECURITY").empty());
  CHECK(table_of("FORCE ROW LEVEL SECURITY") == builds);
  CHECK(row_security(it.ci, builds, soon())->bypassed);
  CHECK(row_security(it.ci, {{"rep", "others"}}, soon())->forced.empty());
  CHECK(table_of("OWNER TO postgres").empty());
  run(it.ci, "SET ROLE rep_owner");
  CHECK_FALSE(row_security(it.ci, builds, soon())->bypassed);
  run(it.ci, "RESET ROLE");
}

TEST_CASE("a row that one side has applied is not sent back to where it came from, from 16 on") {
  Linked it;
  it.to_ci({true, false});
  it.to_main({true, false});
  run(it.main, "INSERT INTO rep.builds VALUES (1)");
  REQUIRE(comes_to(it.ci, 1));
  run(it.ci, "INSERT INTO rep.builds VALUES (2)");
  const auto back = comes_to(it.main, 2);
  CHECK(options_on(it.ci).local_only == it.knows_origins());
  CHECK(back.has_value() == it.knows_origins());  // 15 sends row 1 back, and stops at its own row
  CHECK((subscription(it.main, "linked", soon())->value().apply_errors == 0) == it.knows_origins());
}

TEST_CASE("an existing subscription is given the options that it has to have") {
  Linked it;
  it.to_ci({false, false});
  it.to_ci({true, true});
  CHECK(options_on(it.ci) == SubscriptionOptions{it.knows_origins(), true});
  run(it.main, "INSERT INTO rep.builds VALUES (1)");
  CHECK(comes_to(it.ci, 1));
}

TEST_CASE("rows of a table that forces row security are applied as the subscription's owner") {
  Linked it;
  run(it.ci, "ALTER TABLE rep.builds ENABLE ROW LEVEL SECURITY; ALTER TABLE rep.builds FORCE ROW LEVEL SECURITY");
  it.to_ci(chosen_options({}, *row_security(it.ci, builds, soon())));
  run(it.main, "INSERT INTO rep.builds VALUES (1)");
  CHECK(comes_to(it.ci, 1));
  if (!it.knows_origins()) return;
  it.to_ci({true, false});
  run(it.main, "INSERT INTO rep.builds VALUES (2)");
  CHECK(wait_until("the error is counted", soon(), 20ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto state, subscription(it.ci, "linked", soon()));
    return state && state->apply_errors > 0;
  }));
}

#include "postgres/replication.h"

#include <catch2/catch.hpp>

#include "fence/canary.h"
#include "installed.h"
#include "postgres/identity.h"
#include "postgres/wal.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::canary;
using test::ci_server;
using test::main_server;
using test::run;
using test::soon;
using test::the_fence;

namespace {

const std::vector<TableName> replicated = {
    {"pgcleave", "canary_source_ci"}, {"rep", "builds"}, {"rep", "logs"}, {"rep", "logs_1"}};

// Both servers with the same fenced tables, the source owning them; nothing replicates yet.
struct TwoSides {
  TwoSides()
      : source(main_server().connect()),
        target(ci_server().connect()),
        source_schema(source, "rep"),
        target_schema(target, "rep") {
    for (auto* side : {&source, &target}) {
      run(*side,
          "DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE rep.builds (id int PRIMARY KEY); "
          "CREATE TABLE rep.logs (id int PRIMARY KEY) PARTITION BY RANGE (id); "
          "CREATE TABLE rep.logs_1 PARTITION OF rep.logs FOR VALUES FROM (0) TO (10)");
      REQUIRE(fence::install(*side, the_fence, soon()));
      REQUIRE(fence::create_triggers(*side, the_fence, {{"rep", "builds"}, {"rep", "logs"}, {"rep", "logs_1"}}, 100ms,
                                     soon(), nullptr));
    }
  }
  ~TwoSides() {
    (void)drop_subscription(target, "split", soon());
    (void)drop_slot(source, "split_slot", soon());
    (void)drop_publication(source, "split_pub", soon());
    for (auto* side : {&source, &target}) (void)side->simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon());
  }
  TwoSides(const TwoSides&) = delete;
  TwoSides& operator=(const TwoSides&) = delete;

  [[nodiscard]] SubscriptionSpec spec() const {
    SubscriptionSpec spec;
    spec.name = "split";
    spec.publication = "split_pub";
    spec.slot = "split_slot";
    spec.connection = "host=127.0.0.1 port=" + std::to_string(main_server().port()) + " user=postgres dbname=postgres";
    spec.password = Secret("hush 'hush' \\");
    return spec;
  }

  void start() {
    REQUIRE(create_publication(source, "split_pub", {replicated, true}, soon()));
    REQUIRE(create_logical_slot(source, "split_slot", soon()));
    REQUIRE(create_subscription(target, spec(), soon()));
    REQUIRE(enable_subscription(target, "split", soon()));
  }

  Connection source;
  Connection target;
  test::Schema source_schema;
  test::Schema target_schema;
};

Result<void> applied(Connection& target, Lsn lsn) {
  return wait_until("the position is applied", soon(), 2ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto state, subscription(target, "split", soon()));
    return state && state->applied >= lsn;
  });
}

}  // namespace

TEST_CASE("rows replicate under the target's lock until the captured LSN is applied, and the canary proves it") {
  TwoSides it;
  it.start();
  run(it.source,
      "INSERT INTO rep.builds VALUES (1); INSERT INTO rep.logs VALUES (2); INSERT INTO rep.logs_1 VALUES (3)");
  const auto lsn = capture_lsn(it.source, canary, "canary 1", soon());
  REQUIRE(lsn);
  REQUIRE(applied(it.target, *lsn));
  CHECK(*fence::canary_arrived(it.target, canary, "canary 1", soon()));
  CHECK_FALSE(*fence::canary_arrived(it.target, canary, "canary 2", soon()));
  CHECK(run(it.target, "SELECT FROM rep.builds").size() == 1);
  CHECK(run(it.target, "SELECT FROM rep.logs").size() == 2);
  const auto state = subscription(it.target, "split", soon());
  REQUIRE(state);
  REQUIRE(*state);
  CHECK((*state)->enabled);
  CHECK((*state)->worker);
  CHECK((*state)->slot == "split_slot");
  CHECK((*state)->apply_errors == 0);
  CHECK(slot(it.source, "split_slot", soon())->value().active);
  CHECK(senders(it.source, soon())->empty());  // the logical one is not a standby

  // The same token once more: the position is reached all the same.
  const auto again = capture_lsn(it.source, canary, "canary 1", soon());
  REQUIRE(again);
  CHECK(applied(it.target, *again));
  REQUIRE(fence::write_canary(it.source, canary, "canary 2", soon()));
  CHECK(wait_until("the canary is there", soon(), 2ms, nullptr,
                   [&] { return fence::canary_arrived(it.target, canary, "canary 2", soon()); }));
}

TEST_CASE("an apply error shows in the subscription") {
  TwoSides it;
  run(it.target, "SELECT setval('pgcleave.owner_ci', 2); INSERT INTO rep.builds VALUES (1)");
  it.start();
  run(it.source, "INSERT INTO rep.builds VALUES (1)");
  CHECK(wait_until("the error is counted", soon(), 20ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto state, subscription(it.target, "split", soon()));
    return state && state->apply_errors > 0;
  }));
}

TEST_CASE("creating and dropping twice is fine") {
  TwoSides it;
  it.start();
  REQUIRE(create_publication(it.source, "split_pub", {replicated, true}, soon()));
  REQUIRE(create_logical_slot(it.source, "split_slot", soon()));
  REQUIRE(create_subscription(it.target, it.spec(), soon()));
  REQUIRE(enable_subscription(it.target, "split", soon()));
  CHECK(publication(it.source, "split_pub", soon())->value().tables == replicated);
  for (int twice = 0; twice < 2; ++twice) {
    CHECK(drop_subscription(it.target, "split", soon()));
    CHECK(drop_slot(it.source, "split_slot", soon()));
    CHECK(drop_publication(it.source, "split_pub", soon()));
  }
  CHECK_FALSE(subscription(it.target, "split", soon())->has_value());
  CHECK_FALSE(slot(it.source, "split_slot", soon())->has_value());
  CHECK_FALSE(publication(it.source, "split_pub", soon())->has_value());
  CHECK(run(it.target, "SELECT FROM pg_replication_origin").empty());
}

TEST_CASE("a publication is brought to the wanted tables") {
  TwoSides it;
  REQUIRE(create_publication(it.source, "split_pub", {replicated, true}, soon()));
  REQUIRE(create_publication(it.source, "split_pub", {{{"rep", "builds"}}, true}, soon()));
  CHECK(publication(it.source, "split_pub", soon())->value().tables == std::vector<TableName>{{"rep", "builds"}});
  CHECK_FALSE(create_publication(it.source, "split_pub", {{{"rep", "gone"}}, true}, soon()));
  REQUIRE(create_publication(it.source, "split_pub", {{}, true}, soon()));
  CHECK(publication(it.source, "split_pub", soon())->value().tables.empty());
}

TEST_CASE("what is written while a publication is closed is never sent, what is written once it is open is") {
  TwoSides it;
  it.start();
  REQUIRE(open_publication(it.source, "split_pub", false, soon()));
  CHECK_FALSE(publication(it.source, "split_pub", soon())->value().open);
  CHECK(publication(it.source, "split_pub", soon())->value().tables == replicated);
  run(it.source, "INSERT INTO rep.builds VALUES (1)");
  REQUIRE(open_publication(it.source, "split_pub", true, soon()));
  run(it.source, "INSERT INTO rep.builds VALUES (2)");
  const auto lsn = capture_lsn(it.source, canary, "after", soon());
  REQUIRE(lsn);
  REQUIRE(applied(it.target, *lsn));
  const auto rows = run(it.target, "SELECT id FROM rep.builds");
  REQUIRE(rows.size() == 1);
  CHECK(rows.number(0, "id") == 2);
}

TEST_CASE("a publication that was closed when the subscription was made sends all its tables once it is open") {
  TwoSides it;
  REQUIRE(create_publication(it.source, "split_pub", {replicated, false}, soon()));
  REQUIRE(create_logical_slot(it.source, "split_slot", soon()));
  REQUIRE(create_subscription(it.target, it.spec(), soon()));
  REQUIRE(enable_subscription(it.target, "split", soon()));
  run(it.source, "INSERT INTO rep.builds VALUES (1); INSERT INTO rep.logs VALUES (2)");
  REQUIRE(create_publication(it.source, "split_pub", {replicated, true}, soon()));
  run(it.source, "INSERT INTO rep.builds VALUES (3); INSERT INTO rep.logs VALUES (4)");
  const auto lsn = capture_lsn(it.source, canary, "after", soon());
  REQUIRE(lsn);
  REQUIRE(applied(it.target, *lsn));
  CHECK(run(it.target, "SELECT id FROM rep.builds").number(0, "id") == 3);
  CHECK(run(it.target, "SELECT id FROM rep.logs").number(0, "id") == 4);
}

TEST_CASE("a subscription goes on from where its side is said to be, and brings nothing from before") {
  TwoSides it;
  REQUIRE(create_publication(it.source, "split_pub", {replicated, true}, soon()));
  REQUIRE(create_logical_slot(it.source, "split_slot", soon()));
  run(it.source, "INSERT INTO rep.builds VALUES (1)");
  const auto from = current_lsn(it.source, soon());
  REQUIRE(from);
  run(it.source, "INSERT INTO rep.builds VALUES (2)");
  auto spec = it.spec();
  spec.from = *from;
  REQUIRE(create_subscription(it.target, spec, soon()));
  CHECK(*pgcleave::postgres::applied(it.target, "split", true, soon()) == *from);
  REQUIRE(enable_subscription(it.target, "split", soon()));
  const auto lsn = capture_lsn(it.source, canary, "after", soon());
  REQUIRE(lsn);
  REQUIRE(applied(it.target, *lsn));
  const auto rows = run(it.target, "SELECT id FROM rep.builds");
  REQUIRE(rows.size() == 1);
  CHECK(rows.number(0, "id") == 2);
  CHECK(pgcleave::postgres::applied(it.target, "none", false, soon()).error().kind == ErrorKind::not_ready);
}

TEST_CASE("a slot in use is dropped with its sender") {
  TwoSides it;
  it.start();
  REQUIRE(wait_until("the slot is in use", soon(), 2ms, nullptr,
                     [&]() -> Result<bool> { return slot(it.source, "split_slot", soon())->value().active; }));
  CHECK(drop_slot(it.source, "split_slot", soon()));
  CHECK_FALSE(slot(it.source, "split_slot", soon())->has_value());
}

TEST_CASE("a slot of another kind is a conflict") {
  TwoSides it;
  run(it.source, "SELECT pg_create_physical_replication_slot('split_slot')");
  const auto refused = create_logical_slot(it.source, "split_slot", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(slot(it.source, "split_slot", soon())->value().plugin.empty());
}

TEST_CASE("a subscription of that name on another slot is a conflict") {
  TwoSides it;
  it.start();
  auto spec = it.spec();
  spec.slot = "another";
  const auto refused = create_subscription(it.target, spec, soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(refused.error().seen == "split_slot");
}

TEST_CASE("a subscription whose publisher is gone is dropped without a wait") {
  TwoSides it;
  it.start();
  run(it.target, "ALTER SUBSCRIPTION split CONNECTION 'host=127.0.0.1 port=" + std::to_string(test::free_port()) +
                     " user=postgres'");
  const auto begin = Monotonic::now();
  CHECK(drop_subscription(it.target, "split", soon()));
  CHECK(Monotonic::now() - begin < 2s);
  CHECK(run(it.target, "SELECT FROM pg_replication_origin").empty());
}

TEST_CASE("a failed subscription leaves no transaction behind and its password in no error and no server log") {
  TwoSides it;
  auto spec = it.spec();
  spec.connection = "host=127.0.0.1 port=" + std::to_string(test::free_port());
  const auto refused = create_subscription(it.target, spec, soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("hush") == std::string::npos);
  CHECK(it.target.query("SELECT 1", {}, soon()));
  it.start();
  const auto log = ci_server().log();
  CHECK(log.find("ALTER SUBSCRIPTION") != std::string::npos);  // it does log statements
  CHECK(log.find("hush") == std::string::npos);
}

// What invalidates_publications() relies on: 15.13, 16.9 and 17.5 tell open transactions of a publication that was
// altered.
TEST_CASE(
    "what an open transaction writes after its publication was closed is not sent, and after it was opened again it "
    "is") {
  TwoSides it;
  REQUIRE(invalidates_publications(identify(it.source, soon())->version));
  it.start();
  auto overlapping = main_server().connect();
  run(overlapping, "BEGIN");
  run(overlapping, "INSERT INTO rep.builds VALUES (1)");
  run(overlapping, "INSERT INTO rep.logs VALUES (1)");
  REQUIRE(open_publication(it.source, "split_pub", false, soon()));
  run(overlapping, "INSERT INTO rep.builds VALUES (2)");
  run(overlapping, "INSERT INTO rep.logs VALUES (2)");
  REQUIRE(open_publication(it.source, "split_pub", true, soon()));
  run(overlapping, "INSERT INTO rep.builds VALUES (3)");
  run(overlapping, "COMMIT");
  const auto lsn = capture_lsn(it.source, canary, "afterwards", soon());
  REQUIRE(lsn);
  REQUIRE(applied(it.target, *lsn));
  const auto arrived = run(it.target, "SELECT string_agg(id::text, ' ' ORDER BY id) AS ids FROM rep.builds");
  CHECK(arrived.text(0, "ids") == "1 3");
  CHECK(run(it.target, "SELECT FROM rep.logs").size() == 1);
}

TEST_CASE("versions that do not tell open transactions that a publication was closed are known") {
  for (const int version : {150000, 150012, 160008, 170004}) CHECK_FALSE(invalidates_publications(version));
  for (const int version : {150013, 150018, 160009, 170005, 180000}) CHECK(invalidates_publications(version));
}

TEST_CASE("a key over a generated column stops the subscriber, or already the publisher's client") {
  TwoSides it;
  for (auto* side : {&it.source, &it.target})
    run(*side, "CREATE TABLE rep.made (id int, k int GENERATED ALWAYS AS (id + 1) STORED PRIMARY KEY)");
  REQUIRE(create_publication(it.source, "split_pub", {{canary, {"rep", "made"}}, true}, soon()));
  REQUIRE(create_logical_slot(it.source, "split_slot", soon()));
  REQUIRE(create_subscription(it.target, it.spec(), soon()));
  REQUIRE(enable_subscription(it.target, "split", soon()));
  run(it.source, "INSERT INTO rep.made VALUES (1)");
  const auto updated = it.source.simple("UPDATE rep.made SET id = 5", soon());
  CHECK(updated.has_value() == (it.source.server_version() < 180000));
  if (!updated) return;
  CHECK(wait_until("the error is counted", soon(), 20ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto state, subscription(it.target, "split", soon()));
    return state && state->apply_errors > 0;
  }));
}

TEST_CASE(
    "a row of REPLICA IDENTITY FULL with a json column is found by the subscriber's primary key, and by nothing else") {
  TwoSides it;
  for (auto* side : {&it.source, &it.target}) {
    run(*side,
        "CREATE TABLE rep.keyed (id int PRIMARY KEY, j json); ALTER TABLE rep.keyed REPLICA IDENTITY FULL; "
        "CREATE TABLE rep.made (a float8 PRIMARY KEY, p point GENERATED ALWAYS AS (point(a, a)) STORED); "
        "CREATE TABLE rep.bare (id int, j json); ALTER TABLE rep.bare REPLICA IDENTITY FULL");
  }
  REQUIRE(create_publication(it.source, "split_pub",
                             {{canary, {"rep", "bare"}, {"rep", "keyed"}, {"rep", "made"}}, true}, soon()));
  REQUIRE(create_logical_slot(it.source, "split_slot", soon()));
  REQUIRE(create_subscription(it.target, it.spec(), soon()));
  REQUIRE(enable_subscription(it.target, "split", soon()));
  // From 18 on a publisher refuses its updates (catalog.cpp).
  if (it.source.server_version() < 180000) run(it.source, "ALTER TABLE rep.made REPLICA IDENTITY FULL");
  run(it.source,
      "INSERT INTO rep.keyed VALUES (1, '{}'); UPDATE rep.keyed SET j = '{\"a\": 1}'; "
      "INSERT INTO rep.made VALUES (1); UPDATE rep.made SET a = 2; DELETE FROM rep.made; INSERT INTO rep.bare VALUES "
      "(1, '{}')");
  const auto lsn = capture_lsn(it.source, canary, "keyed", soon());
  REQUIRE(lsn);
  REQUIRE(applied(it.target, *lsn));
  CHECK(run(it.target, "SELECT FROM rep.keyed WHERE j::text LIKE '%a%'").size() == 1);
  CHECK(run(it.target, "SELECT FROM rep.made").empty());
  run(it.source, "UPDATE rep.bare SET j = '{\"a\": 1}'");
  CHECK(wait_until("the error is counted", soon(), 20ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto state, subscription(it.target, "split", soon()));
    return state && state->apply_errors > 0;
  }));
}

#include "fence/sql/witness.h"

#include <catch2/catch.hpp>

#include "fence/holder.h"
#include "fence/owner_state.h"
#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::ci_server;
using test::Fenced;
using test::main_server;
using test::run;
using test::soon;
using test::sqlstate;
using test::the_fence;

namespace {

constexpr const char* insert = "INSERT INTO app.builds VALUES (1) ON CONFLICT DO NOTHING";

void witness(Connection& connection, const std::string& text) {
  run(connection, "SET pgcleave.ci TO '" + text + "'");
}

Owner owner_here(Connection& connection) {
  return **owner(connection, "ci", soon());
}

}  // namespace

TEST_CASE("a witness is read as it was written, and nothing else is one") {
  const Witness seven{Owner::target, 7};
  CHECK(seven.text() == "target, epoch 7");
  CHECK(fence::read_witness(seven.text()) == seven);
  CHECK(fence::read_witness("source, epoch 12") == fence::Witness{fence::Owner::source, 12});
  for (const auto* text : {"", "nobody, epoch 7", "target, epoch", "target, epoch -7", "target, epoch 7 ",
                           "target, epoch 9999999999", "TARGET"})
    CHECK_FALSE(fence::read_witness(text));
}

TEST_CASE("a member that lacks the release refuses writes by the witness of a later epoch") {
  Fenced it;
  CHECK(sqlstate(it.admin, insert).empty());
  witness(it.admin, "target, epoch 7");
  CHECK(sqlstate(it.admin, insert) == "2F002");
  const auto refused = it.admin.simple(insert, soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what ==
        "table app.builds takes no writes on cluster \"main\": the witness of split \"ci\" says target, epoch 7");
  CHECK(refused.error().hint == "Write to cluster \"ci\".");
}

TEST_CASE("a side that nobody owns names the other side to write to, for sure where the witness says so") {
  Fenced it;
  const auto hint = [](Connection& connection) { return connection.simple(insert, soon()).error().hint; };
  run(it.admin, "SELECT setval('pgcleave.owner_ci', 0)");
  CHECK(hint(it.admin) ==
        "Repeat the transaction: the split may be changing sides. If it fails again, write to cluster \"ci\".");
  witness(it.admin, "source, epoch 7");  // an earlier rollback's
  CHECK(hint(it.admin).rfind("Repeat the transaction", 0) == 0);
  witness(it.admin, "target, epoch 7");
  CHECK(hint(it.admin) == "Write to cluster \"ci\".");
  Fenced other(ci_server());
  run(other.admin, "SELECT setval('pgcleave.owner_ci', 0)");
  CHECK(hint(other.admin) ==
        "Repeat the transaction: the split may be changing sides. If it fails again, write to cluster \"main\".");
  witness(other.admin, "source, epoch 9");
  CHECK(hint(other.admin) == "Write to cluster \"main\".");
}

TEST_CASE("a witness that names this side, is older, or is no witness keeps nobody from writing") {
  Fenced it;
  for (const auto* text : {"", "source, epoch 7", "nobody, epoch 7", "target", "target, epoch 99999999999"}) {
    witness(it.admin, text);
    CHECK(sqlstate(it.admin, insert).empty());
  }
  Fenced other(ci_server());
  run(other.admin, "SELECT setval('pgcleave.owner_ci', 2)");
  witness(other.admin, "target, epoch 7");
  CHECK(sqlstate(other.admin, insert).empty());
  witness(other.admin, "source, epoch 9");
  CHECK(sqlstate(other.admin, insert) == "2F002");
}

TEST_CASE("who takes ownership back is not refused by the witness of the cluster's own earlier loss") {
  Fenced it;
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 7, soon()));
  CHECK(fence::owner_state(it.admin, "ci", Owner::source, soon())->epoch == 0);  // a release is none
  witness(it.admin, "target, epoch 7");
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::source, "run-1", 9, soon()));
  CHECK(fence::owner_state(it.admin, "ci", Owner::source, soon())->epoch == 9);
  CHECK(sqlstate(it.admin, insert).empty());
  // What took under the witness's own epoch was undone before the witness's owner took.
  witness(it.admin, "target, epoch 9");
  CHECK(sqlstate(it.admin, insert) == "2F002");
}

TEST_CASE("a REPEATABLE READ transaction sees the epoch that was set after its snapshot") {
  Fenced it;
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 7, soon()));
  auto client = main_server().connect();
  witness(client, "target, epoch 7");
  run(client, "BEGIN ISOLATION LEVEL REPEATABLE READ");
  run(client, "SELECT");
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::source, "run-1", 9, soon()));
  CHECK(sqlstate(client, insert).empty());
}

TEST_CASE("what a server knows of its owner is told in one piece") {
  Fenced it;
  CHECK_FALSE(fence::owner_state(it.admin, "other", Owner::source, soon())->owner);
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 7, soon()));
  run(it.admin,
      "INSERT INTO pgcleave.canary_source_ci VALUES ('early', '2026-01-01'), ('run-1 1 source', '2026-01-02')");
  witness(it.admin, "target, epoch 7");
  const auto seen = fence::owner_state(it.admin, "ci", Owner::source, soon());
  REQUIRE(seen);
  CHECK(seen->owner == Owner::nobody);
  CHECK(seen->witness == "target, epoch 7");
  CHECK(seen->newest_canary == "run-1 1 source");
  REQUIRE(seen->last);
  CHECK(seen->last->run == "run-1");
  CHECK(seen->last->epoch == 7);
  CHECK(seen->last->expected == Owner::source);
  CHECK(seen->last->next == Owner::nobody);
}

TEST_CASE("a fence that was made by an earlier version gets its epoch from the log") {
  Fenced it;
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 3, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::source, "run-1", 5, soon()));
  run(it.admin, "DROP SEQUENCE pgcleave.epoch_ci");
  CHECK_FALSE(*fence::is_installed(it.admin, the_fence, soon()));
  REQUIRE(fence::install(it.admin, the_fence, soon()));
  CHECK(*fence::is_installed(it.admin, the_fence, soon()));
  CHECK(fence::owner_state(it.admin, "ci", Owner::source, soon())->epoch == 5);
  CHECK(owner_here(it.admin) == Owner::source);
}

TEST_CASE("a fence that is made anew under an old witness lets its owner write, and later runs outrank that witness") {
  auto admin = main_server().connect();
  run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
  witness(admin, "target, epoch 7");
  CHECK(held(admin, "ci", soon())->last_epoch == 7);
  Fenced it;
  run(it.admin, "DROP SCHEMA pgcleave CASCADE");
  witness(it.admin, "target, epoch 7");
  REQUIRE(fence::install(it.admin, the_fence, soon()));
  REQUIRE(fence::create_triggers(it.admin, the_fence, it.tables, std::chrono::milliseconds(100), soon(), nullptr));
  CHECK(sqlstate(it.admin, insert).empty());
  CHECK(held(it.admin, "ci", soon())->last_epoch == 7);
}

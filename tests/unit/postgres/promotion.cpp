#include <catch2/catch.hpp>

#include "fence/holder.h"
#include "installed.h"
#include "postgres/identity.h"
#include "postgres/wal.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::canary;
using test::main_server;
using test::run;
using test::soon;
using test::the_fence;

TEST_CASE("a standby replays up to the captured LSN, keeps its sessions over the promotion and comes up locked") {
  auto source = main_server().connect();
  test::Schema schema(source, "moved");
  run(source, "DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE moved.builds (id int PRIMARY KEY)");
  REQUIRE(fence::install(source, the_fence, soon()));
  REQUIRE(fence::create_triggers(source, the_fence, {{"moved", "builds"}}, 100ms, soon(), nullptr));
  {
    test::Server standby("ci", main_server());
    auto target = standby.connect();
    run(source, "INSERT INTO moved.builds VALUES (1)");
    REQUIRE(fence::pass_ownership(source, "ci", Owner::source, Owner::nobody, "run-1", 1, soon()));
    const auto lsn = capture_lsn(source, canary, "before the promotion", soon());
    REQUIRE(lsn);
    REQUIRE(wait_until("the standby has replayed it", soon(), 2ms, nullptr, [&]() -> Result<bool> {
      TRY_ASSIGN(const auto state, recovery(target, soon()));
      return state.in_recovery && state.received >= *lsn && state.replayed >= *lsn;
    }));
    CHECK(run(target, "SELECT FROM moved.builds").size() == 1);
    CHECK(*fence::owner(target, "ci", soon()) == Owner::nobody);
    CHECK(*fence::is_installed(target, the_fence, soon()));
    const auto from = receiver(target, soon());
    REQUIRE(from);
    CHECK(from->status == "streaming");
    CHECK(from->sender_port == main_server().port());
    const auto to = senders(source, soon());
    REQUIRE(to);
    REQUIRE(to->size() == 1);
    CHECK(to->front().state == "streaming");
    CHECK(identify(target, soon())->in_recovery);
    CHECK(identify(target, soon())->timeline == 1);
    REQUIRE(checkpoint(target, soon()));
    run(target, "SELECT pg_wal_replay_pause()");
    CHECK(recovery(target, soon())->replay_paused);
    run(target, "SELECT pg_wal_replay_resume()");

    run(target, "SELECT pg_promote()");
    const auto identity = identify(target, soon());
    REQUIRE(identity);
    CHECK_FALSE(identity->in_recovery);
    CHECK(identity->timeline == 2);
    CHECK(identity->system_identifier == identify(source, soon())->system_identifier);
    CHECK(identity->cluster_name == "ci");
    CHECK_FALSE(recovery(target, soon())->in_recovery);
    const auto origin = branch(target, soon());
    REQUIRE(origin);
    CHECK(origin->timeline == 2);
    REQUIRE(origin->at.has_value());
    CHECK(*origin->at >= *lsn);
    if (origin->replayed) CHECK(*origin->replayed == *origin->at);  // no witness when it was started in the same second

    const auto locked = target.simple("INSERT INTO moved.builds VALUES (2)", soon());
    REQUIRE_FALSE(locked);
    CHECK(locked.error().code == "2F002");
    CHECK(held(target, "ci", soon())->last_epoch == 1);
    REQUIRE(fence::pass_ownership(target, "ci", Owner::nobody, Owner::target, "run-1", 1, soon()));
    CHECK(target.simple("INSERT INTO moved.builds VALUES (2)", soon()));
    CHECK_FALSE(source.simple("INSERT INTO moved.builds VALUES (2)", soon()));
  }
  run(source, "DROP SCHEMA pgcleave CASCADE");
}

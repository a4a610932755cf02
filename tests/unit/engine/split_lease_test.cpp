// Who may act on a split, on two real servers.
#include "engine/split_lease.h"

#include "a_split.h"
#include "a_state.h"

namespace pgcleave::engine {
namespace {

fence::Held lease_row(postgres::Connection& side) {
  auto held = fence::held(side, "ci", postgres::test::soon());
  if (!held) FAIL(held.error().text());
  return *held;
}

std::vector<Json> signatures_of(const ARun& run) {
  std::vector<Json> all;
  for (const auto& event : run.events()) {
    if (event.type == "run.signed") all.push_back(event.data);
  }
  return all;
}

}  // namespace

TEST_CASE("a lease is acquired on both sides, each time under a higher epoch, and recorded before and after") {
  ASplit run(head + "prepare:\n" + make("a"));
  for (const int epoch : {1, 2}) {
    AState of(run);
    SplitLease lease(of.state);
    REQUIRE(lease.acquire());
    CHECK(of.world.run.epoch == epoch);
    CHECK(lease.is_signed_on_both());
    CHECK(lease_row(run.source).last_epoch == epoch);
    CHECK(lease_row(run.target).last_epoch == epoch);
    CHECK(signatures_of(run).back() == Json{{"epoch", epoch}, {"source", "signed"}, {"target", "signed"}});
  }
  const auto events = run.events();
  REQUIRE(events.size() == 4);
  CHECK(events[0].type == "run.signing");
  CHECK(events[1].type == "run.signed");
}

TEST_CASE("a lease that another run has is not acquired, unless it is to be taken over") {
  ASplit run(head + "prepare:\n" + make("a"));
  run.is_taken_over();
  AState of(run);
  SplitLease lease(of.state);
  const auto refused = lease.acquire();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::held);
  CHECK_FALSE(lease.is_signed_on(steps::SideName::source));
  CHECK(lease_row(run.source).holder->by == "bob@ops2");
  of.world.run.take_over = true;
  REQUIRE(lease.acquire());
  CHECK_FALSE(of.world.run.take_over);
  CHECK(of.world.run.epoch > 99);
  CHECK(lease_row(run.source).holder->run == ARun::id);
}

TEST_CASE("a side that does not answer is not signed, and nobody is fenced out there in time") {
  ASplit run(head + "prepare:\n" + make("a"));
  run.target_answers = false;
  AState of(run);
  SplitLease lease(of.state);
  REQUIRE(lease.acquire());
  CHECK(lease.is_signed_on(steps::SideName::source));
  CHECK_FALSE(lease.is_signed_on_both());
  const auto fenced_out = lease.fence_out(of.world.target, Deadline::in(std::chrono::milliseconds(250)));
  REQUIRE_FALSE(fenced_out);
  CHECK(fenced_out.error().kind == ErrorKind::timed_out);
  CHECK_FALSE(lease.is_signed_on(steps::SideName::target));
}

TEST_CASE("whoever fences out a side raises its epoch, so that a request of before is rejected there") {
  ASplit run(head + "prepare:\n" + make("a"));
  AState of(run);
  SplitLease lease(of.state);
  REQUIRE(lease.acquire());
  const auto earlier = of.world.run.epoch;
  REQUIRE(lease.fence_out(of.world.source, postgres::test::soon()));
  CHECK(of.world.run.epoch == earlier + 1);
  CHECK(lease_row(run.source).last_epoch == earlier + 1);
  CHECK(lease_row(run.target).last_epoch == earlier);
  CHECK_FALSE(fence::pass_ownership(run.source, "ci", fence::Owner::source, fence::Owner::nobody, ARun::id, earlier,
                                    postgres::test::soon()));
  CHECK(signatures_of(run).back() == Json{{"epoch", earlier + 1}, {"source", "signed"}});
}

TEST_CASE("a lease is verified only after half a second away, and once it is lost it stays lost and is not released") {
  ASplit run(head + "prepare:\n" + make("a"));
  AState of(run);
  SplitLease lease(of.state);
  REQUIRE(lease.acquire());
  const fence::Holder other{"r-20260101-000000-0002", 99, "bob@ops2", "ops2", "/other.db", "", false};
  REQUIRE(fence::hold(run.source, "ci", other, true, postgres::test::soon()));
  CHECK(lease.verify());  // just acquired: nobody is asked
  CHECK_FALSE(lease.lost());
  std::this_thread::sleep_for(std::chrono::milliseconds(550));
  const auto lost = lease.verify();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::held);
  CHECK(lost.error().text().find("bob@ops2") != std::string::npos);
  CHECK_FALSE(lease.verify());
  REQUIRE(lease.lost());
  const auto records = run.events().size();
  lease.release();
  CHECK(run.events().size() == records);
  CHECK_FALSE(lease_row(run.source).holder->over);
}

TEST_CASE("a lease is still held after a while away, and a released one is free for any other run") {
  ASplit run(head + "prepare:\n" + make("a"));
  AState of(run);
  SplitLease lease(of.state);
  REQUIRE(lease.acquire());
  std::this_thread::sleep_for(std::chrono::milliseconds(550));
  CHECK(lease.verify());
  lease.release();
  CHECK(lease_row(run.source).holder->over);
  CHECK(lease_row(run.target).holder->over);
  CHECK(run.events().back().type == "run.letting_go");
  const fence::Holder other{"r-20260101-000000-0002", 99, "bob@ops2", "ops2", "/other.db", "", false};
  CHECK(fence::hold(run.source, "ci", other, false, postgres::test::soon()));
}

TEST_CASE("where no fence is installed there is no lease to acquire, and nothing is recorded") {
  ASplit run(head + "prepare:\n" + make("a"));
  for (auto* side : {&run.source, &run.target}) postgres::test::run(*side, "DROP SCHEMA pgcleave CASCADE");
  AState of(run);
  SplitLease lease(of.state);
  CHECK(lease.acquire());
  CHECK(lease.verify());
  lease.release();
  CHECK_FALSE(lease.is_signed_on(steps::SideName::source));
  CHECK(run.events().empty());
}

}  // namespace pgcleave::engine

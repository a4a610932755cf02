#include <future>
#include <thread>

#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

Json by_policy(const char* policy, const char* grace = "100ms") {
  return {{"on", "source"}, {"policy", policy}, {"grace", grace}};
}

// Before a window: the source owns, the target has no fence yet.
struct Owned {
  Owned() {
    name_tables(sides.world);
    source.install();
    REQUIRE(fence::create_triggers(source.here, fence, moved_tables, 100ms, soon(), nullptr));
  }
  Result<Json> release(const Json& with, Duration time = 5s) { return sides.apply("ownership.release", with, time); }
  Observation seen() {
    auto observation = sides.observe("ownership.release", by_policy("fail"));
    REQUIRE(problem(observation) == "");
    return *observation;
  }

  SplitDatabase source{main_server()};
  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

}  // namespace

TEST_CASE("ownership is released when whoever was writing has ended, so that what is captured then holds all") {
  Owned it;
  auto& source = it.source.here;
  auto writer = it.source.writer("moved.builds");
  auto ending = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(300ms);
    return writer.simple("COMMIT", soon()).has_value();
  });
  const auto released = it.release(by_policy("fail"), 10s);
  CHECK(problem(released) == "");
  CHECK(run(source, "SELECT FROM moved.builds").size() == 1);
  CHECK(ending.get());
  CHECK(fence::owner(source, "ci", soon()).value() == Owner::nobody);

  REQUIRE(fence::pass_ownership(source, "ci", Owner::nobody, Owner::source, "a run", 1, soon()));
  run(writer, "BEGIN");
  run(writer, "INSERT INTO moved.builds VALUES (2)");
  const auto in_vain = it.release(by_policy("fail"), 300ms);
  REQUIRE_FALSE(in_vain);
  CHECK(in_vain.error().kind == ErrorKind::timed_out);
  run(writer, "ROLLBACK");
}

TEST_CASE("all writers that a release waited for in vain are named, and nobody owns meanwhile") {
  Owned it;
  const auto one = it.source.writer("moved.builds");
  const auto another = it.source.writer("moved.jobs");
  const auto late = it.release(by_policy("fail"), 300ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timed_out);
  CHECK(late.error().object == "source main");
  CHECK(says(late.error().seen, "writer of moved.builds"));
  CHECK(says(late.error().seen, "writer of moved.jobs"));
  CHECK(says(late.error().seen, "; "));
  CHECK(says(late.error().hint, "policy: terminate"));
  CHECK(it.source.owner() == Owner::nobody);
  const auto seen = it.seen();
  CHECK(seen.state == State::pending);
  CHECK(says(seen.evidence, "still writing: "));
}

TEST_CASE("a writer that outstays the grace is terminated, and what it wrote is not kept") {
  Owned it;
  auto writer = it.source.writer("moved.builds");
  const auto began = Monotonic::now();
  REQUIRE(problem(it.release(by_policy("terminate"))) == "");
  CHECK(Monotonic::now() - began >= 100ms);
  CHECK_FALSE(writer.simple("COMMIT", soon()));
  CHECK(it.source.sql("SELECT FROM moved.builds").empty());
  CHECK(it.seen().state == State::done);
}

TEST_CASE("in an emergency a writer is terminated whatever the policy, since its client may be behind a broken route") {
  Owned it;
  auto writer = it.source.writer("moved.builds");
  it.sides.world.run.emergency = true;
  REQUIRE(problem(it.release(by_policy("fail"))) == "");
  CHECK_FALSE(writer.simple("COMMIT", soon()));
  CHECK(it.seen().state == State::done);
}

TEST_CASE("a prepared transaction can't be terminated: it is named, and ownership can be given back") {
  Owned it;
  auto writer = it.source.writer("moved.builds");
  run(writer, "PREPARE TRANSACTION 'billing-7'");
  const auto late = it.release(by_policy("terminate"), 2s);
  REQUIRE_FALSE(late);
  CHECK(says(late.error().text(), "billing-7"));
  CHECK(it.source.owner() == Owner::nobody);
  CHECK(problem(it.sides.undo("ownership.release", by_policy("fail"), {{"copy", false}})) == "");
  CHECK(it.source.owner() == Owner::source);
  run(writer, "COMMIT PREPARED 'billing-7'");
}

TEST_CASE("a grace that is no duration is refused while the source still owns") {
  Owned it;
  const auto refused = it.release(by_policy("terminate", "a while"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(it.source.owner() == Owner::source);
}

TEST_CASE("ownership is not released by who does not own it, nor under an epoch that has passed") {
  Owned it;
  REQUIRE(fence::pass_ownership(it.source.here, "ci", Owner::source, Owner::nobody, "another run", 7, soon()));
  REQUIRE(fence::pass_ownership(it.source.here, "ci", Owner::nobody, Owner::source, "another run", 7, soon()));
  const auto late = it.release(by_policy("fail"));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::conflict);
  CHECK(late.error().seen == "epoch 7, run another run");
  CHECK(it.source.owner() == Owner::source);

  it.sides.world.run.epoch = 8;
  it.source.set_owner(Owner::target);
  const auto not_ours = it.release(by_policy("fail"));
  REQUIRE_FALSE(not_ours);
  CHECK(not_ours.error().kind == ErrorKind::conflict);
  CHECK(not_ours.error().expected == "source");
  CHECK(not_ours.error().seen == "target");
  CHECK(it.seen().state == State::conflict);
}

TEST_CASE("a side without a fence can't release: the error is PostgreSQL's own") {
  Owned it;
  it.source.sql("DROP SCHEMA pgcleave CASCADE");
  const auto seen = it.seen();
  CHECK(seen.state == State::pending);
  CHECK(seen.evidence == "owner on source main is not installed");
  const auto refused = it.release(by_policy("fail"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(says(refused.error().text(), "pgcleave"));
}

TEST_CASE("a release is over when neither the source nor a copy on the target says that the source owns") {
  Owned it;
  CHECK(it.seen().state == State::pending);
  CHECK(it.seen().before == Json{{"copy", false}});
  it.target.install();
  CHECK(it.seen().before == Json{{"copy", true}});
  CHECK(it.seen().evidence == "owner on source main is source, copied to target ci");
  it.source.set_owner(Owner::nobody);
  CHECK(it.seen().state == State::pending);
  it.target.set_owner(Owner::nobody);
  CHECK(it.seen().state == State::done);

  TwoSides alone(main_server().port(), postgres::test::free_port());
  name_tables(alone.world);
  const auto without_the_target = alone.observe("ownership.release", by_policy("fail"));
  REQUIRE(problem(without_the_target) == "");
  CHECK(without_the_target->state == State::done);
}

}  // namespace pgcleave::steps::test

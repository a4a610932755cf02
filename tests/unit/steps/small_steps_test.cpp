// Steps that ask a server or a program once and do little with the answer.
#include <unistd.h>

#include <filesystem>

#include "fenced_split.h"
#include "steps/check/forecasting.h"
#include "steps/parameters.h"
#include "steps/patroni/late_promotion.h"
#include "world/database_id.h"
#include "world/serving.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::free_port;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;
using pgcleave::postgres::test::soon;

std::filesystem::path fresh_file(const std::string& name) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("{}-{}", name, ::getpid());
  std::filesystem::remove(path);
  return path;
}

// A split that was done, as both databases tell.
struct DoneSplit {
  DoneSplit() {
    name_tables(sides.world);
    for (auto* side : {&source, &target}) side->install();
    source.set_owner(Owner::nobody);
    target.set_owner(Owner::target);
  }
  SplitDatabase source{main_server()};
  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

}  // namespace

TEST_CASE("a statement of a runbook is run, and one without an undo is undone by doing nothing") {
  TwoSides sides(main_server(), ci_server());
  auto here = main_server().connect();
  const postgres::test::Schema schema(here, "by_runbook");
  const Json with{{"on", "source"}, {"sql", "CREATE TABLE by_runbook.made ()"}, {"undo", "DROP TABLE by_runbook.made"}};
  const auto made = [&] {
    return !postgres::test::run(here, "SELECT FROM pg_tables WHERE schemaname = 'by_runbook'").empty();
  };
  REQUIRE(problem(sides.apply("postgres.sql", with, 5s)) == "");
  CHECK(made());
  auto without = with;
  without["undo"] = "";
  CHECK(problem(sides.undo("postgres.sql", without, Json::object())) == "");
  CHECK(made());
  CHECK(problem(sides.undo("postgres.sql", with, Json::object())) == "");
  CHECK_FALSE(made());
}

TEST_CASE("a program of a runbook is run, and one without an undo is undone by doing nothing") {
  TwoSides sides(main_server(), ci_server());
  const auto mark = fresh_file("by-runbook");
  const Json with{
      {"argv", {"touch", mark.string()}}, {"check", {"test", "-e", mark.string()}}, {"undo", {"rm", mark.string()}}};
  CHECK(sides.observe("run.command", with)->state == State::pending);
  REQUIRE(problem(sides.apply("run.command", with, 5s)) == "");
  CHECK(sides.observe("run.command", with)->state == State::done);
  auto without = with;
  without.erase("undo");
  CHECK(problem(sides.undo("run.command", without, Json::object())) == "");
  CHECK(std::filesystem::exists(mark));
  CHECK(problem(sides.undo("run.command", with, Json::object())) == "");
  CHECK_FALSE(std::filesystem::exists(mark));
  auto unchecked = with;
  unchecked.erase("check");
  CHECK_FALSE(sides.observe("run.command", unchecked)->lasting);
  without["argv"] = {"false"};
  CHECK(says(problem(sides.apply("run.command", without, 5s)), "exit code 1"));
}

TEST_CASE("only http and https are called, and never with a password in the address") {
  TwoSides sides(main_server(), ci_server());
  const auto refused = [&](const std::string& url) {
    const auto done = sides.apply("http.request", {{"url", url}, {"method", "POST"}, {"expect", {200}}}, 3s);
    REQUIRE_FALSE(done);
    return done.error().kind == ErrorKind::invalid;
  };
  const auto nobody = fmt::format("127.0.0.1:{}/x", free_port());
  CHECK_FALSE(refused("http://" + nobody));
  CHECK_FALSE(refused("https://" + nobody));
  CHECK(refused("ftp://" + nobody));
  CHECK(refused(nobody));
  CHECK(refused("http://ann:secret@" + nobody));
}

TEST_CASE("a standby is near enough only below the limit, and not while its replay is paused") {
  const Server standby("ci", main_server());
  TwoSides sides(main_server(), standby);
  auto session = standby.connect();
  auto source = main_server().connect();
  const auto lag = [&](const char* below) { return sides.observe("check.lag", {{"below", below}}); };
  postgres::test::run(source, "SELECT pg_logical_emit_message(true, 'pgcleave', 'flushed')");
  const auto caught_up = wait_until("the standby has replayed all", soon(), 20ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto seen, lag("1GiB"));
    return seen.outputs.at("lag_bytes") == 0;
  });
  REQUIRE(problem(caught_up) == "");
  CHECK(lag("1B")->state == State::done);
  CHECK(lag("0B")->state == State::pending);
  postgres::test::run(session, "SELECT pg_wal_replay_pause()");
  CHECK(says(lag("1GiB")->evidence, "replay is paused"));
  CHECK(lag("1GiB")->state == State::pending);

  // A megabyte behind where hardly anything is written is a second at the least speed, or less at a higher one.
  postgres::test::run(source, "SELECT pg_logical_emit_message(false, 'pgcleave', repeat('x', 1000000))");
  const auto seen = forecast(sides.world, runbook::PhaseKind::window, soon());
  REQUIRE(problem(seen) == "");
  CHECK(seen->lag.count > 1000000);
  const auto speed = std::max<double>(1024 * 1024, static_cast<double>(seen->wal_per_second.count));
  CHECK(static_cast<double>(seen->to_catch_up.count()) ==
        Approx(static_cast<double>(seen->lag.count) / speed * 1e6).epsilon(0.01));
  postgres::test::run(session, "SELECT pg_wal_replay_resume()");
}

TEST_CASE("on production a runbook that was never rehearsed is no go, unless somebody says go") {
  const Server standby("ci", main_server());
  TwoSides sides(main_server(), standby);
  const auto state = [&](bool production, const char* unrehearsed) {
    sides.world.environment.production = production;
    const Json with{{"window", "window"}, {"budget", "1h"}, {"unrehearsed", unrehearsed}};
    const auto seen = sides.observe("check.forecast", with);
    REQUIRE(problem(seen) == "");
    return seen->state;
  };
  CHECK(state(true, "no go") == State::conflict);
  CHECK(state(true, "go") == State::done);
  CHECK(state(false, "no go") == State::done);
}

TEST_CASE("a promotion that may still come is waited for until somebody stops it") {
  const Server standby("ci", main_server());
  TwoSides sides(main_server(), standby);
  StopFlag stop;
  stop.request();
  const Json with;
  Context context{sides.world, "promote", with, Deadline::in(10s), &stop};
  const auto stopped = never_came(context, sides.world.target, {{"host", "127.0.0.1"}});
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  const auto other = never_came(context, sides.world.target, {{"host", "10.0.0.1"}});
  REQUIRE(problem(other) == "");
  CHECK_FALSE(*other);
}

TEST_CASE("who serves is what both owners say, and unknown where one that has a say can't be asked") {
  DoneSplit split;
  auto& world = split.sides.world;
  CHECK(serving(world, soon()) == Serving::target);
  split.target.set_owner(Owner::nobody);
  CHECK(serving(world, soon()) == Serving::nobody);
  split.source.set_owner(Owner::source);
  CHECK(serving(world, soon()) == Serving::source);
  TwoSides without_target(main_server().port(), free_port());
  CHECK(serving(without_target.world, soon()) == Serving::source);
  split.source.set_owner(Owner::nobody);
  CHECK(serving(without_target.world, soon()) == Serving::unknown);
  TwoSides without_source(free_port(), ci_server().port());
  CHECK(serving(without_source.world, soon()) == Serving::unknown);
}

TEST_CASE("a source that is silent is not waited for where the target says that it owns") {
  DoneSplit split;
  auto& world = split.sides.world;
  const patroni::StandIn silent([](const patroni::Request&) { return patroni::StandIn::silence; });
  auto access = world.source.access();
  access.patroni.members = {silent.url()};
  world.source = Side(Owner::source, access);
  const auto began = Monotonic::now();
  CHECK(serving(world, Deadline::in(10s)) == Serving::target);
  CHECK(Monotonic::now() - began < 6s);
}

TEST_CASE("a side does not pass as serving while its owner can't be read") {
  DoneSplit split;
  const Json target_serves{{"side", "target"}};
  CHECK(problem(split.sides.observe("check.serving", target_serves)) == "");
  const auto source_serves = split.sides.observe("check.serving", {{"side", "source"}});
  REQUIRE(problem(source_serves) == "");
  CHECK(source_serves->state == State::pending);
  CHECK(says(source_serves->evidence, "the owner there is nobody"));
  TwoSides without_source(free_port(), ci_server().port());
  name_tables(without_source.world);
  CHECK(problem(without_source.observe("check.serving", target_serves)) != "");
}

TEST_CASE("a split file that puts a table into another class than when the split was done does not pass") {
  DoneSplit split;
  split.sides.world.split_file.text = "split: 1\nname: ci\nmoved: {schemas: [moved]}\nkept: {schemas: [kept]}\n";
  for (auto* side : {&split.source, &split.target}) side->set_owner(Owner::source);
  write_down(split.sides.world, {&split.source, &split.target});
  split.target.set_owner(Owner::target);
  const auto same = split.sides.observe("check.split", Json::object());
  REQUIRE(problem(same) == "");
  INFO(same->evidence);
  CHECK(same->state == State::done);
  split.sides.world.split_file.shared.tables = {{"kept.audit", {}}};
  const auto other = split.sides.observe("check.split", Json::object());
  REQUIRE(problem(other) == "");
  CHECK(other->state == State::pending);
  CHECK(says(other->evidence, "kept.audit"));
}

TEST_CASE("the slot that keeps WAL for a rewind is dropped by the run that made it, and by no other") {
  TwoSides sides(main_server(), ci_server());
  const Json with{{"on", "source"}};
  const auto fresh = sides.observe("postgres.hold_wal", with);
  REQUIRE(problem(fresh) == "");
  REQUIRE(problem(sides.apply("postgres.hold_wal", with, 5s)) == "");
  const auto made = sides.observe("postgres.hold_wal", with);
  REQUIRE(problem(made) == "");
  CHECK(made->state == State::done);
  CHECK(problem(sides.undo("postgres.hold_wal", with, made->before)) == "");
  CHECK(sides.observe("postgres.hold_wal", with)->state == State::done);
  CHECK(problem(sides.undo("postgres.hold_wal", with, fresh->before)) == "");
  CHECK(sides.observe("postgres.hold_wal", with)->state == State::pending);
  CHECK_FALSE(sides.observe("postgres.checkpoint", with)->lasting);  // the next run makes another
}

TEST_CASE("a database of which something is not known may be another's, and what is known must be the same") {
  const DatabaseId one{"7", "app", "16401"};
  CHECK(one.may_be(one));
  CHECK(one.may_be({"7", "", ""}));
  CHECK(world::DatabaseId{}.may_be(one));
  CHECK_FALSE(one.may_be({"8", "app", "16401"}));
  CHECK_FALSE(one.may_be({"7", "other", "16401"}));
  CHECK_FALSE(one.may_be({"7", "app", "16402"}));
  CHECK(one.text() == "database app, OID 16401, of system 7");
  CHECK(world::DatabaseId{"7", "app", ""}.text() == "database app, OID unknown, of system 7");
}

TEST_CASE("each user that probes is named once, and a probe without one is none") {
  config::Environment environment;
  environment.pools.resize(4);
  environment.pools[0].probe.values = {{"user", "probe"}};
  environment.pools[1].probe.values = {{"user", "canary"}};
  environment.pools[2].probe.values = {{"user", "probe"}};
  environment.pools[3].probe.values = {{"connect_timeout", "1"}};
  CHECK(world::probe_users(environment) == std::vector<std::string>{"canary", "probe"});
}

TEST_CASE("of what changes something only a witness may be missed") {
  CHECK(may_be_missed("ownership.witness"));
  for (const char* kind : {"ownership.take", "ownership.release", "pgbouncer.repoint", "replication.reverse"}) {
    INFO(kind);
    CHECK_FALSE(may_be_missed(kind));
  }
}

}  // namespace pgcleave::steps::test

#include <catch2/catch.hpp>

#include "postgres/server.h"
#include "steps/registry.h"
#include "steps/two_sides.h"
#include "world/run_servers.h"

using namespace pgcleave;
using namespace std::chrono_literals;

namespace {

// A split with two moved tables, one of them in a partition, and a shared one; and what was compared last.
struct ComparedWorld {
  ComparedWorld() {
    world->environment.name = "lab";
    world->environment.path = "lab.yml";
    for (auto* side : {&world->source, &world->target}) REQUIRE(side->leader(Deadline::in(10s)));
    last.servers = world::sides_seen(*world);
    auto parent = table("metrics");
    parent.holds_rows = false;
    world->split.moved = {table("Builds"), table("metrics_1"), parent};
    world->split.shared = {table("users")};
    last.run = "v-1";
    last.began_at_us = utc_now_us();
    last.tables = {{"ci.\"Builds\"", "", 10}, {"ci.metrics_1", "", 20}};
    world->comparisons.read_by([this] { return answer(); });
  }
  static postgres::Table table(const std::string& name) {
    postgres::Table table;
    table.name = {"ci", name};
    return table;
  }
  Result<std::optional<world::LastComparison>> answer() const {
    if (!known) return std::nullopt;
    return last;
  }
  // The error of a refusal; "" where it goes on.
  std::string refusal(const Json& with = {{"max_age", "1h"}}) {
    const auto& kind = *steps::find("check.compared");
    steps::Context context{*world, "gate", with, Deadline::in(5s), nullptr};
    const auto seen = kind.observe(context);
    const auto done = kind.apply(context, Json::object());
    if (!seen) return seen.error().text();
    CHECK((seen->state == steps::State::done) == done.has_value());
    if (done) CHECK(done->at("compared_by") == "v-1");
    return done ? "" : done.error().text();
  }
  bool refuses(const std::string& words, const Json& with = {{"max_age", "1h"}}) {
    const auto said = refusal(with);
    INFO(said);
    CHECK(said.find(words) != std::string::npos);
    return !said.empty();
  }

  steps::test::TwoSides sides{postgres::test::main_server(), postgres::test::ci_server()};
  world::World* world = &sides.world;
  world::LastComparison last;
  bool known = true;
};

}  // namespace

TEST_CASE("a gate passes where all moved tables were compared lately, and no row differed") {
  ComparedWorld a;
  CHECK(a.refusal().empty());
}

TEST_CASE("a gate refuses where rows were never compared, and names the command") {
  ComparedWorld a;
  a.known = false;
  CHECK(
      a.refuses("the rows of both sides: were never compared, as far as this journal tells (expected a comparison "
                "that began no longer than 60m ago, seen none)"));
  CHECK(a.refuses("pgcleave compare -e lab.yml; then try again"));
}

TEST_CASE("a gate refuses a comparison of other servers, and one that does not name its servers") {
  ComparedWorld a;
  auto& target = a.last.servers.at("target");
  const auto database = target.at("database_oid");
  target["system_identifier"] = "7";
  CHECK(a.refuses("the rows of both sides: were compared on other servers (expected source main: database postgres"));
  CHECK(a.refuses("seen target ci: database postgres, OID " + database.get<std::string>() +
                  ", of system 7, by pgcleave compare (v-1))"));
  CHECK(a.refuses("pgcleave compare -e lab.yml; then try again"));
  target = a.world->target.database() ? world::sides_seen(*a.world).at("target") : target;
  CHECK(a.refusal().empty());
  target["database_oid"] = "8";
  CHECK(a.refuses("were compared on other servers"));
  a.last.servers.erase("target");
  CHECK(a.refuses("seen target ci: not named, by pgcleave compare (v-1))"));
  a.last.servers = Json::object();
  CHECK(a.refuses("seen source main: not named; target ci: not named"));
}

TEST_CASE("a gate refuses an old comparison, by when it began") {
  ComparedWorld a;
  a.last.began_at_us -= 3'590'000'000;
  CHECK(a.refusal().empty());
  a.last.began_at_us -= 20'000'000;
  CHECK(a.refuses("were compared too long ago"));
  CHECK(a.refusal({{"max_age", "2h"}}).empty());
}

TEST_CASE("a gate refuses a comparison that a run outdated by passing ownership") {
  ComparedWorld a;
  a.last.passed_by = "r-7";
  CHECK(
      a.refuses("before the side that serves them changed (expected a comparison since then, seen pgcleave compare "
                "(v-1); then run r-7 passed ownership)"));
}

TEST_CASE("a gate refuses where a table was left out, and one that holds no rows or is not asked for is none") {
  ComparedWorld a;
  a.last.tables.pop_back();
  CHECK(
      a.refuses("were not compared in all tables (expected 2 tables, seen pgcleave compare (v-1) left out "
                "ci.metrics_1)"));
  CHECK(a.refusal({{"max_age", "1h"}, {"tables", {"ci.Build?"}}}).empty());
  CHECK(a.refuses("left out ci.users", {{"max_age", "1h"}, {"tables", {"ci.users", "ci.Builds"}}}));
  CHECK(a.refuses("asks for no table", {{"max_age", "1h"}, {"tables", {"other.*"}}}));
}

TEST_CASE("a gate refuses differences, those that are allowed excepted, and as many as nobody counted") {
  ComparedWorld a;
  a.last.tables[1].differences = 2;
  a.last.tables[1].columns = 1;
  CHECK(
      a.refuses("differ (expected no difference, seen 2 rows and 1 column in ci.metrics_1, found by pgcleave compare "
                "(v-1))"));
  CHECK(a.refuses("at most 2 differences", {{"max_age", "1h"}, {"differences", 2}}));
  CHECK(a.refusal({{"max_age", "1h"}, {"differences", 3}}).empty());
  CHECK(a.refusal({{"max_age", "1h"}, {"tables", {"ci.Builds"}}}).empty());
  a.last.tables[1].more = true;
  CHECK(a.refuses("2 rows or more", {{"max_age", "1h"}, {"differences", 9}, {"incomplete", "allow"}}));
}

TEST_CASE("a gate refuses what was not judged, unless that is allowed") {
  ComparedWorld a;
  const Json allow{{"max_age", "1h"}, {"incomplete", "allow"}};
  a.last.tables[0].undecided = 1;
  CHECK(a.refuses("were not all judged"));
  CHECK(a.refusal(allow).empty());
  a.last.tables[0].undecided = 0;
  a.last.tables[0].not_compared = "not reached in 10m";
  CHECK(a.refuses("ci.\"Builds\""));
  CHECK(a.refusal(allow).empty());
}

TEST_CASE("a gate whose journal can't be read does not pass") {
  ComparedWorld a;
  a.world->comparisons.read_by([]() -> Result<std::optional<world::LastComparison>> {
    return fail({ErrorKind::failed, "journal.db", "can't be read", "", "", "", ""});
  });
  CHECK(a.refuses("journal.db: can't be read"));
}

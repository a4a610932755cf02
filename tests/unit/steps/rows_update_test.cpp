#include "fenced_split.h"
#include "steps/registry.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

constexpr const char* update_kind = "rows.update";

// moved.builds with 3,000 rows whose `note` is empty.
struct Filling {
  Filling() {
    source.sql(
        "ALTER TABLE moved.builds ADD PRIMARY KEY (id), ADD note text, ADD n int; INSERT INTO moved.builds SELECT i, "
        "NULL, i FROM generate_series(1, 3000) i");
    with = {{"on", "source"},
            {"table", "moved.builds"},
            {"set", {{"note", "'v' || row.n"}}},
            {"where", "row.note IS NULL"},
            {"from", Json::object()},
            {"by", "best"},
            {"on_bad_row", "stop"},
            {"most_skipped", 10},
            {"target", "200ms"},
            {"lock_timeout", "100ms"}};
  }
  Result<Json> apply() { return sides.apply(update_kind, with, 60s); }
  Observation seen() {
    const auto observed = sides.observe(update_kind, with);
    REQUIRE(problem(observed) == "");
    return *observed;
  }
  std::int64_t left() { return source.sql("SELECT count(*) AS n FROM moved.builds WHERE note IS NULL").number(0, "n"); }
  SplitDatabase source{main_server()};
  TwoSides sides{main_server(), ci_server()};
  Json with;
};

}  // namespace

TEST_CASE("rows.update changes all rows once, shows that it is done, and does nothing a second time") {
  Filling it;
  CHECK(problem(it.sides.prepare(update_kind, it.with)) == "");
  CHECK(it.seen().state == State::pending);
  CHECK(it.left() == 3000);
  CHECK_FALSE(it.source.has_schema());
  const auto outputs = it.apply();
  REQUIRE(problem(outputs) == "");
  CHECK(outputs->at("changed") == 3000);
  CHECK(outputs->at("left_out").empty());
  CHECK(it.left() == 0);
  CHECK(it.seen().state == State::done);
  CHECK(it.seen().outputs == *outputs);
  it.source.sql("UPDATE moved.builds SET note = NULL WHERE id = 5");
  CHECK(*it.apply() == *outputs);
  CHECK(it.left() == 1);
}

TEST_CASE("rows.update in another run is another job") {
  Filling it;
  REQUIRE(problem(it.apply()) == "");
  it.source.sql("UPDATE moved.builds SET note = NULL WHERE id = 5");
  it.sides.world.run.id = "r-20260101-000000-0002";
  CHECK(it.seen().state == State::pending);
  CHECK(it.apply()->at("changed") == 1);
  CHECK(it.source.sql("SELECT FROM pgcleave.jobs WHERE ended IS NOT NULL").size() == 2);
}

TEST_CASE("rows.update goes through the fence: what the side does not own it does not change") {
  Filling it;
  it.source.install();
  REQUIRE(fence::create_triggers(it.source.here, fence, moved_tables, 100ms, soon(), nullptr));
  it.source.set_owner(Owner::nobody);
  const auto told = problem(it.sides.prepare(update_kind, it.with));
  CHECK(says(told, "takes no writes on cluster"));
  const auto refused = it.apply();
  CHECK(says(problem(refused), "the fence refuses the job's writes"));
  CHECK(it.left() == 3000);
  it.source.set_owner(Owner::source);
  CHECK(it.apply()->at("changed") == 3000);
}

TEST_CASE("rows.update refuses what would never end before it changes anything") {
  Filling it;
  it.with["where"] = "row.n > 0";
  const auto told = problem(it.sides.prepare(update_kind, it.with));
  CHECK(says(told, "would never end"));
  CHECK(it.left() == 3000);
  CHECK_FALSE(it.source.has_schema());
  it.with["where"] = "";
  it.with["by"] = "heap";
  CHECK(says(problem(it.sides.observe(update_kind, it.with)), "walks by heap without a `where`"));
  it.with["by"] = "best";
  it.with["set"] = {{"nothing", "1"}};
  CHECK(says(problem(it.sides.prepare(update_kind, it.with)), "column \"nothing\" of moved.builds: does not exist"));
}

TEST_CASE("rows.update tells the rows that it left out, and a trial of one of these speaks against nothing") {
  Filling it;
  it.source.sql("UPDATE moved.builds SET n = 0 WHERE id IN (1, 2500)");
  it.with["set"] = {{"note", "(10 / row.n)::text"}};
  it.with["on_bad_row"] = "skip";
  CHECK(problem(it.sides.prepare(update_kind, it.with)) == "");
  const auto outputs = it.apply();
  REQUIRE(problem(outputs) == "");
  CHECK(outputs->at("changed") == 2998);
  CHECK(outputs->at("skipped") == 2);
  CHECK(says(outputs->at("left_out").dump(), "row id 2500 of moved.builds was left out: division by zero"));
}

TEST_CASE("a job is known by its kind") {
  CHECK(find(update_kind)->description.traits.job);
  CHECK_FALSE(find("postgres.sql")->description.traits.job);
  CHECK(find("postgres.sql")->foretell == nullptr);
}

TEST_CASE("a plan of rows.update tells what it will take, and changes nothing") {
  Filling it;
  Context context{it.sides.world, "fill", it.with, Deadline::in(60s), nullptr};
  const auto lines = find(update_kind)->foretell(context);
  REQUIRE(problem(lines) == "");
  std::string text;
  for (const auto& line : *lines) text += line + "\n";
  CHECK(says(text, "the first batch: WITH changed AS (UPDATE ONLY moved.builds AS row"));
  CHECK(says(text, "Tid Range Scan on builds"));
  CHECK(says(text, "tried 3 batches and rolled them back: "));
  CHECK(says(text, "rows changed and as many dead ones"));
  CHECK(it.left() == 3000);
  CHECK_FALSE(it.source.has_schema());
  CHECK(it.source.sql("SELECT pg_current_xact_id_if_assigned() IS NULL AS none").boolean(0, "none"));
}

}  // namespace pgcleave::steps::test

// The judges of the family schema that need no references: tables, indexes, what works from outside, plans.
#include <catch2/catch.hpp>

#include "checks/schema/indexes.h"
#include "checks/schema/outside.h"
#include "checks/schema/plans.h"
#include "checks/schema/tables.h"
#include "some_references.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

SequenceColumn sequence(std::int64_t start, std::int64_t last, std::int64_t limit) {
  return {{"ci", "seq"}, builds, "id", "integer", start, last, limit, false};
}
Findings of(const SequenceColumn& one) {
  return judge_tables({"source main", {}, {one}, {}, 0});
}
Index index(const char* name, const char* definition) {
  return {builds, name, definition, std::string(definition).starts_with("UNIQUE"), true, false, false};
}
IndexesOfSide on(const char* side, const std::vector<Index>& indexes) {
  return {side, indexes, {builds}};
}
OutsideSeen with_extension(const char* name) {
  OutsideSeen seen;
  seen.side = "source main";
  seen.extensions = {"plpgsql", name};
  return seen;
}
Plan plan(const char* json) {
  return {{"42", "app", 200, 1000, "select from ci.builds where client = $1"}, Json::parse(json)};
}

}  // namespace

TEST_CASE("a moved table that is unlogged, or that replication can't follow, blocks") {
  postgres::Table table;
  table.name = builds;
  table.unlogged = true;
  table.identity_problem = "no primary key and no other replica identity";
  CHECK(lines(judge_tables({"source main", {table}, {}, {}, 0})) ==
        Lines{"blocker schema.unlogged_table table ci.builds on source main",
              "blocker schema.no_replica_identity table ci.builds on source main"});
  table.unlogged = false;
  table.identity_problem = "";
  table.apply_problem =
      "REPLICA IDENTITY FULL without a primary key, and no equality operator for column j of type json";
  const auto found = judge_tables({"source main", {table}, {}, {}, 0});
  CHECK(lines(found) == Lines{"blocker schema.identity_not_applicable table ci.builds on source main"});
  CHECK(found[0].evidence == table.apply_problem);
  table.holds_rows = false;
  CHECK(judge_tables({"source main", {table}, {}, {}, 0}).empty());
}

TEST_CASE("a sequence is nearly used up from three quarters on, whichever way it counts") {
  CHECK(of(sequence(1, 1'600'000'000, 2'147'483'647)).empty());
  CHECK(lines(of(sequence(1, 1'620'000'000, 2'147'483'647))) ==
        Lines{"warning schema.sequence_nearly_used_up sequence ci.seq on source main"});
  CHECK(of(sequence(-1, -1'620'000'000, -2'147'483'648)).size() == 1);
  CHECK(of(sequence(1, 9'000'000'000'000'000'000, INT64_MAX)).size() == 1);
  CHECK(of(sequence(INT64_MIN, 0, INT64_MAX)).empty());
}

TEST_CASE("a sequence that cycles, or was meant to be short, is not nearly used up") {
  auto cycling = sequence(1, 2'000'000'000, 2'147'483'647);
  cycling.cycles = true;
  CHECK(of(cycling).empty());
  CHECK(of(sequence(32'000, 32'766, 32'767)).empty());
  CHECK(of(sequence(1, 30'000, 32'767)).size() == 1);
}

TEST_CASE("large objects and constraints that were not validated are named") {
  const TablesSeen seen{"source main", {}, {}, {{builds, "positive", "CHECK (n > 0) NOT VALID"}}, 1000};
  CHECK(lines(judge_tables(seen)) ==
        Lines{"note schema.constraint_not_validated constraint positive of table ci.builds on source main",
              "warning schema.large_objects large objects on source main"});
}

TEST_CASE(
    "what the split file has no class for is noted by kind; materialized views all by name, with what becomes of "
    "them") {
  OutsideSeen seen;
  seen.side = "source main";
  for (const char* name : {"a", "b", "c", "d", "e", "f"})
    seen.in_no_class["materialized views"].push_back({"ci", name});
  const auto found = judge_outside(seen);
  CHECK(lines(found) == Lines{"note schema.in_no_class materialized views on source main"});
  CHECK(found.front().evidence == "6: ci.a, ci.b, ci.c, ci.d, ci.e, ci.f");
  CHECK(found.front().why.find("rows of its last REFRESH") != std::string::npos);
}

TEST_CASE("an index that is invalid is a warning, and a blocker where it should keep a key") {
  auto broken = index("a", "INDEX ON ci.builds USING btree (n)"),
       key = index("b", "UNIQUE INDEX ON ci.builds USING btree (n)");
  broken.valid = key.valid = false;
  CHECK(lines(judge_indexes(on("source main", {broken, key}))) ==
        Lines{"warning schema.invalid_index index a of table ci.builds on source main",
              "blocker schema.invalid_unique_index index b of table ci.builds on source main"});
}

TEST_CASE("of two indexes for one purpose the one that keeps no key should go") {
  auto key = index("key", "UNIQUE INDEX ON ci.builds USING btree (n)");
  key.of_constraint = true;
  const auto plain = index("plain", "INDEX ON ci.builds USING btree (n)");
  for (const auto& both : {std::vector{plain, key}, std::vector{key, plain}}) {
    const auto found = judge_indexes(on("source main", both));
    REQUIRE(found.size() == 1);
    CHECK(found[0].object == "index plain of table ci.builds on source main");
    CHECK(found[0].fix == "DROP INDEX CONCURRENTLY ci.plain");
  }
  CHECK(judge_indexes(on("source main", {plain, index("other", "INDEX ON ci.builds USING btree (n) WHERE n > 0")}))
            .empty());
  auto of_partition = plain;
  of_partition.of_partition = true;
  CHECK(judge_indexes(on("source main", {of_partition, of_partition})).empty());
}

TEST_CASE("indexes are compared by what they index; one with the same name and another definition is named once") {
  const auto a = index("a", "INDEX ON ci.builds USING btree (n)"),
             renamed = index("b", "INDEX ON ci.builds USING btree (n)");
  CHECK(compare_indexes(on("source main", {a}), on("target ci", {renamed})).empty());
  const auto missing = compare_indexes(on("source main", {a}), on("target ci", {}));
  CHECK(lines(missing) == Lines{"blocker schema.index_missing index a of table ci.builds on target ci"});
  CHECK(missing[0].fix == "on target ci: CREATE INDEX CONCURRENTLY \"a\" ON ci.builds USING btree (n)");
  CHECK(lines(compare_indexes(on("source main", {}), on("target ci", {a}))) ==
        Lines{"warning schema.index_missing index a of table ci.builds on source main"});
  const auto other = index("a", "INDEX ON ci.builds USING btree (client)");
  CHECK(lines(compare_indexes(on("source main", {a}), on("target ci", {other}))) ==
        Lines{"warning schema.index_differs index a of table ci.builds on target ci"});
  auto invalid = a;
  invalid.valid = false;
  CHECK(compare_indexes(on("source main", {invalid}), on("target ci", {})).empty());
}

TEST_CASE("the indexes of a table that one side has not are not missing there") {
  auto target = on("target ci", {});
  target.tables.clear();
  CHECK(compare_indexes(on("source main", {index("a", "INDEX ON ci.builds USING btree (n)")}), target).empty());
}

TEST_CASE("extensions with jobs of their own are found by name and by what is preloaded") {
  CHECK(lines(judge_outside(with_extension("pg_cron"))) ==
        Lines{"warning schema.background_jobs pg_cron on source main"});
  CHECK(judge_outside(with_extension("pg_crontab")).empty());
  auto preloaded = with_extension("btree_gist");
  preloaded.preloaded = "pg_stat_statements, pg_partman_bgw,timescaledb";
  CHECK(lines(judge_outside(preloaded)) == Lines{"warning schema.background_jobs timescaledb on source main",
                                                 "warning schema.background_jobs pg_partman_bgw on source main"});
  preloaded.preloaded = "pg_stat_statements, not_pg_cron";
  CHECK(judge_outside(preloaded).empty());
}

TEST_CASE("publications, subscriptions, foreign servers and event triggers of others are named, each server once") {
  OutsideSeen seen;
  seen.side = "source main";
  seen.publications = {{"cdc", true, {builds, {"ci", "jobs"}}}};
  seen.subscriptions = {"from_elsewhere"};
  seen.foreign_tables = {{"away", {"ci", "far"}}, {"away", {"ci", "farther"}}};
  seen.event_triggers = {{"watch", "ddl_command_end"}};
  CHECK(lines(judge_outside(seen)) == Lines{"warning schema.publication publication cdc on source main",
                                            "blocker schema.subscription subscription from_elsewhere on source main",
                                            "warning schema.foreign_table foreign server away on source main",
                                            "warning schema.event_trigger event trigger watch on source main"});
  CHECK(judge_outside(seen)[0].evidence == "FOR ALL TABLES: it publishes 2 moved tables, such as ci.builds");
}

TEST_CASE("a plan that filters a big table from end to end is named, however deep it stands in it") {
  const Sizes big{{builds, 20 << 20}};
  const auto scan =
      plan(R"x([{"Plan": {"Node Type": "Aggregate", "Plans": [{"Node Type": "Seq Scan", "Schema": "ci", )x"
           R"x("Relation Name": "builds", "Filter": "(client = $1)"}]}}])x");
  const auto found = judge_plans({scan}, big, "target ci");
  CHECK(lines(found) == Lines{"warning schema.sequential_scan statement 42 on target ci"});
  CHECK(found[0].evidence ==
        "its plan reads all 20MiB of ci.builds for (client = $1); 200 calls by app, 5.0 ms each where it ran: select "
        "from ci.builds where "
        "client = $1");
  CHECK(judge_plans({scan}, {}, "target ci").empty());
  CHECK(judge_plans({plan(R"([{"Plan": {"Node Type": "Seq Scan", "Schema": "ci", "Relation Name": "builds"}}])")}, big,
                    "target ci")
            .empty());
  CHECK(
      judge_plans(
          {plan(
              R"([{"Plan": {"Node Type": "Index Scan", "Schema": "ci", "Relation Name": "builds", "Filter": "x"}}])")},
          big, "target ci")
          .empty());
}

TEST_CASE("only single statements on moved tables that are called often are planned, the longest in sum first") {
  TableReferences references(small_split(), {}, {});
  const std::vector<SeenStatement> seen{
      {"1", "app", 500, 10, "select from ci.builds"},    {"2", "app", 99, 900, "select from ci.builds"},
      {"3", "app", 500, 20, "select from users"},        {"4", "app", 500, 30, "update ci.jobs set a = $1"},
      {"5", "app", 500, 40, "vacuum ci.builds"},         {"6", "app", 500, 50, "select from ci.builds; drop table x"},
      {"7", "app", 500, 60, "copy ci.builds from stdin"}};
  Lines ids;
  for (const auto& one : hottest(seen, references, 10)) ids.push_back(one.id);
  CHECK(ids == Lines{"4", "1"});
  CHECK(hottest(seen, references, 1).size() == 1);
}

#include <catch2/catch.hpp>

#include "checks/schema/crossing.h"
#include "some_references.h"

using namespace pgcleave;
using namespace pgcleave::checks;
using Kind = DependencyKind;

namespace {

Findings judge(const std::vector<Dependency>& dependencies, const std::vector<Program>& programs = {},
               const std::vector<Trigger>& triggers = {}) {
  TableReferences references(small_split(), dependencies, programs);
  return judge_crossing({"source main", dependencies, programs, triggers, {}}, references);
}
Program writes_jobs() {
  return {{"public", "f"}, "public.f()", "sql", "delete from ci.jobs", ""};
}

}  // namespace

TEST_CASE(
    "a foreign key that crosses the line blocks, in either direction, and none within a part or to a shared table") {
  CHECK(lines(judge({{Kind::foreign_key, "a", jobs, users}, {Kind::foreign_key, "b", users, jobs}})) ==
        Lines{"blocker schema.foreign_key_crosses foreign key a of table ci.jobs on source main",
              "blocker schema.foreign_key_crosses foreign key b of table public.users on source main"});
  CHECK(judge({{Kind::foreign_key, "a", jobs, builds},
               {Kind::foreign_key, "b", accounts, users},
               {Kind::foreign_key, "c", jobs, currencies}})
            .empty());
  CHECK(judge({{Kind::foreign_key, "We\"ird", jobs, users}})[0].fix.starts_with(
      "ALTER TABLE ci.jobs DROP CONSTRAINT \"We\"\"ird\""));
}

TEST_CASE("views over both parts are named, materialized ones as such") {
  const postgres::TableName v{"public", "v"}, m{"public", "m"}, one_side{"ci", "v"};
  CHECK(lines(judge({{Kind::view, "", v, jobs},
                     {Kind::view, "", v, users},
                     {Kind::materialized_view, "", m, v},
                     {Kind::view, "", one_side, jobs}})) ==
        Lines{"warning schema.materialized_view_crosses materialized view public.m on source main",
              "warning schema.view_crosses view public.v on source main"});
}

TEST_CASE("rules and policies count by what they use, also through a view") {
  const postgres::TableName v{"public", "v"};
  CHECK(lines(judge({{Kind::view, "", v, jobs},
                     {Kind::rule, "r", users, v},
                     {Kind::policy, "p", jobs, users},
                     {Kind::policy, "q", jobs, builds}})) ==
        Lines{"blocker schema.rule_crosses rule r of table public.users on source main",
              "blocker schema.policy_crosses policy p of table ci.jobs on source main"});
}

TEST_CASE("a sequence blocks when its owner and its users are on both sides") {
  const postgres::TableName seq{"ci", "seq"}, fine{"ci", "fine"};
  CHECK(lines(judge({{Kind::sequence_owner, "", seq, jobs},
                     {Kind::sequence_use, "", seq, users},
                     {Kind::sequence_owner, "", fine, jobs},
                     {Kind::sequence_use, "", fine, builds}})) ==
        Lines{"blocker schema.sequence_crosses sequence ci.seq on source main"});
}

TEST_CASE("a sequence that crosses by what stands in code is a warning, and not told twice") {
  const postgres::TableName seq{"ci", "seq"}, known{"ci", "known"}, fine{"ci", "fine"};
  const std::vector<Dependency> by_columns{{Kind::sequence_owner, "", known, jobs},
                                           {Kind::sequence_use, "", known, users}};
  TableReferences references(small_split(), by_columns, {});
  CrossingSeen seen{"source main", by_columns, {}, {}, {}};
  for (const auto& name : {seq, known}) {
    seen.sequences.emplace_back();
    seen.sequences.back().name = name;
    seen.sequences.back().uses = {jobs, users};
  }
  seen.sequences.emplace_back();
  seen.sequences.back().name = fine;
  seen.sequences.back().uses = {jobs, builds, currencies};
  CHECK(lines(judge_crossing(seen, references)) ==
        Lines{"warning schema.sequence_crosses sequence ci.seq on source main",
              "blocker schema.sequence_crosses sequence ci.known on source main"});
}

TEST_CASE(
    "a trigger that writes the other side blocks, one that reads it is a warning, and neither function is named "
    "again") {
  const Program mixed{
      {"public", "g"}, "public.g()", "sql", "update public.users set name = (select max(name) from ci.builds)", ""};
  CHECK(lines(judge({}, {writes_jobs()}, {{"t", users, {"public", "f"}, true, false}})) ==
        Lines{"blocker schema.trigger_crosses trigger t of table public.users on source main"});
  CHECK(lines(judge({}, {mixed}, {{"t", users, {"public", "g"}, true, false}})) ==
        Lines{"warning schema.trigger_crosses trigger t of table public.users on source main"});
  CHECK(judge({}, {writes_jobs()}, {{"t", builds, {"public", "f"}, true, false}}).empty());
  CHECK(judge({}, {writes_jobs()}, {{"t", users, {"public", "f"}, false, false}}).empty());
}

TEST_CASE("a trigger of a moved table that fires for replicated rows is named") {
  CHECK(lines(judge({}, {writes_jobs()}, {{"t", builds, {"public", "f"}, true, true}})) ==
        Lines{"warning schema.trigger_fires_on_apply trigger t of table ci.builds on source main"});
}

TEST_CASE("a function over both parts is a warning, and a note where its words were only guessed at") {
  const Program known{{"public", "g"}, "public.g()", "sql", "select from ci.jobs, users", ""};
  const Program guessed{{"public", "h"}, "public.h()", "plperl", "ci.jobs users", ""};
  CHECK(lines(judge({}, {known, guessed, writes_jobs()})) ==
        Lines{"warning schema.function_crosses function public.g() on source main",
              "note schema.function_crosses function public.h() on source main"});
}

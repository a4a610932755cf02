#include "app/grants.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::app;

namespace {

SideGrants a_side(int version) {
  SideGrants side{"source main", "", {"source main", "pgcleave", "app", version, false, false, true, {}, {}}};
  side.seen.rights = checks::least_rights(version, "pgcleave", "app", {{"app", "ci.builds"}});
  return side;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("all rights are printed as SQL, or those only that are missing") {
  auto side = a_side(170012);
  for (auto& right : side.seen.rights) right.held = right.name != "membership of pg_monitor";
  const auto all = sql_of(side, false);
  CHECK(has(all, "-- Role pgcleave on source main: PostgreSQL 17.12, database app.\n"));
  CHECK(has(all, "\nGRANT pg_checkpoint TO \"pgcleave\";  -- pg_rewind needs a checkpoint after a promotion; held\n"));
  const auto missing = sql_of(side, true);
  CHECK(has(missing, "\nGRANT pg_monitor TO \"pgcleave\";  -- "));
  CHECK_FALSE(has(missing, "pg_checkpoint"));
}

TEST_CASE("what no statement gives is a comment") {
  auto side = a_side(170012);
  side.seen.rights = checks::least_rights(170012, "pgcleave", "app", {{"postgres", "ci.builds", true}});
  CHECK(has(sql_of(side, true), "\n-- by hand: an owner of ci.builds that is no superuser: it belongs to postgres ("));
}

TEST_CASE("a standby gets no grants, a superuser is told how to become less, and a side that is unseen says why") {
  auto side = a_side(170012);
  side.seen.superuser = true;
  CHECK(has(sql_of(side, false), "ALTER ROLE \"pgcleave\" NOSUPERUSER;\n"));
  side.seen.standby = true;
  CHECK_FALSE(has(sql_of(side, false), "GRANT"));
  side.unseen = "could not connect\nDROP TABLE x;";
  CHECK(sql_of(side, false) == "-- source main: could not connect\\nDROP TABLE x;\n");
}

TEST_CASE("for servers that nobody can log in to yet the role is made, and its owners are found by the server") {
  config::Environment environment;
  for (auto* side : {&environment.source, &environment.target})
    side->postgres.values = {{"user", "o'x"}, {"dbname", "app"}};
  environment.source.scope = "main";
  const auto sides = grants_for(environment, 16);
  REQUIRE(sides.size() == 2);
  const auto sql = sql_of(sides[0], true);
  CHECK(has(sql, "CREATE ROLE \"o'x\" LOGIN;"));
  CHECK(has(sql, "GRANT pg_create_subscription TO \"o'x\";"));
  CHECK(has(sql, "r.rolname, 'o''x')\n"));
  CHECK(has(sql, "\\gexec\n"));
  CHECK(has(sql_of(grants_for(environment, 15)[1], false), "ALTER ROLE \"o'x\" SUPERUSER;"));
}

TEST_CASE("a name that holds control characters is neither obeyed by a terminal nor ends a comment") {
  auto side = a_side(170012);
  side.seen.rights = checks::least_rights(170012, "evil\nDROP TABLE x; --\x1b[2J", "app", {});
  side.seen.role = "evil\nDROP TABLE x; --";
  const auto sql = sql_of(side, false);
  CHECK_FALSE(has(sql, "\nDROP"));
  CHECK_FALSE(has(sql, "\x1b"));
  CHECK(has(sql, "-- left out, since a name in it holds control characters: "));
}

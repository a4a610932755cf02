#include "checks/access/rights.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "lines.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

RightsSeen seen_on(int version, bool superuser) {
  RightsSeen seen{"source main", "pgcleave", "app", version, superuser, false, true, {}, {}};
  seen.rights = least_rights(version, "pgcleave", "app", {{"app", "ci.builds"}, {"pgcleave", "ci.mine"}});
  for (auto& right : seen.rights) right.held = true;
  return seen;
}

Right& right_named(RightsSeen& seen, const std::string& name) {
  const auto found =
      std::find_if(seen.rights.begin(), seen.rights.end(), [&](const auto& right) { return right.name == name; });
  REQUIRE(found != seen.rights.end());
  return *found;
}

}  // namespace

TEST_CASE("each right that is missing is a finding with the statement that gives it") {
  auto seen = seen_on(170012, false);
  CHECK(judge_rights(seen).empty());
  right_named(seen, "membership of pg_checkpoint").held = false;
  right_named(seen, "membership of app").held = false;
  right_named(seen, "SELECT on pg_hba_file_rules").held = false;
  const auto found = judge_rights(seen);
  REQUIRE(lines(found) == Lines{"blocker access.right_missing role pgcleave on source main",
                                "blocker access.right_missing role pgcleave on source main",
                                "warning access.right_missing role pgcleave on source main"});
  CHECK(found[0].evidence == "it lacks membership of pg_checkpoint");
  CHECK(found[0].fix == "GRANT pg_checkpoint TO \"pgcleave\"");
  CHECK(found[1].fix == "GRANT \"app\" TO \"pgcleave\" WITH INHERIT TRUE, SET TRUE");
}

TEST_CASE("a superuser lacks nothing, and a standby has what its upstream has") {
  auto seen = seen_on(170012, true);
  for (auto& right : seen.rights) right.held = false;
  CHECK(seen.missing().empty());
  CHECK(judge_rights(seen).empty());
  seen.superuser = false;
  CHECK(judge_rights(seen).size() == seen.rights.size());
  seen.standby = true;
  CHECK(judge_rights(seen).empty());
}

TEST_CASE("a role that is no superuser can't subscribe without a password in the environment file") {
  auto seen = seen_on(170012, false);
  seen.password = false;
  CHECK(lines(judge_rights(seen)) == Lines{"blocker access.subscription_password role pgcleave on source main"});
  seen.superuser = true;
  CHECK(judge_rights(seen).empty());
}

TEST_CASE("a role that clients log in as, or are members of, is a warning: they could disable the fence") {
  for (const int version : {150018, 170012}) {
    auto seen = seen_on(version, true);
    seen.others = {"app", "pgcleave"};
    const auto found = judge_rights(seen);
    REQUIRE(lines(found) == Lines{"warning access.fence_owner_shared role pgcleave on source main",
                                  "warning access.fence_owner_shared role pgcleave on source main"});
    CHECK(found[0].fix == "REVOKE \"pgcleave\" FROM \"app\"");
    CHECK(found[1].evidence == "a pool's probe logs in as it");
    seen.standby = true;
    CHECK(judge_rights(seen).empty());
  }
}

TEST_CASE("before PostgreSQL 16 nothing less than a superuser is enough, which the family topology says") {
  const auto rights = least_rights(150018, "pg cleave", "app", {{"app", "ci.builds"}});
  REQUIRE(rights.size() == 1);
  CHECK(rights[0].grant == "ALTER ROLE \"pg cleave\" SUPERUSER");
  CHECK(judge_rights(seen_on(150018, false)).empty());
}

TEST_CASE("membership of a superuser is never asked for: the table is to get another owner") {
  const auto rights = least_rights(170012, "pgcleave", "app", {{"postgres", "ci.builds", true}});
  CHECK(std::none_of(rights.begin(), rights.end(),
                     [](const auto& right) { return right.grant.find("\"postgres\"") != std::string::npos; }));
  RightsSeen seen{"source main", "pgcleave", "app", 170012, false, false, true, {}, {}};
  std::copy_if(rights.begin(), rights.end(), std::back_inserter(seen.rights),
               [](const auto& right) { return right.grant.empty(); });
  const auto found = judge_rights(seen);
  REQUIRE(found.size() == 1);
  CHECK(found[0].evidence == "it lacks an owner of ci.builds that is no superuser: it belongs to postgres");
}

TEST_CASE("a role needs no membership of itself, and each owner's name is quoted") {
  const auto rights =
      least_rights(180000, "pgcleave", "app", {{"pgcleave", "ci.mine"}, {"the \"owner\"", "ci.builds"}});
  const auto grants = [&](const std::string& text) {
    return std::count_if(rights.begin(), rights.end(), [&](const auto& right) { return right.grant == text; });
  };
  CHECK(grants("GRANT \"the \"\"owner\"\"\" TO \"pgcleave\" WITH INHERIT TRUE, SET TRUE") == 1);
  CHECK(grants("GRANT \"pgcleave\" TO \"pgcleave\" WITH INHERIT TRUE, SET TRUE") == 0);
}

#include "checks/access/rewind_roles.h"

#include <catch2/catch.hpp>

#include "lines.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

RewindWay way_of(bool of_target, bool refused) {
  return {of_target ? "ci-1" : "main-2", of_target ? "10.0.1.1" : "10.0.0.2", of_target, refused,
          refused ? "line 3 of pg_hba.conf: reject" : "line 4 of pg_hba.conf: scram-sha-256"};
}

RewindSeen as_seen(bool target_refused, bool source_refused) {
  RewindSeen seen{"source main", "target ci", "main-1", {"rewind_ci", {}, ""}};
  seen.ways = {way_of(true, target_refused), way_of(false, source_refused)};
  return seen;
}

}  // namespace

TEST_CASE("a role that rewinds and gets in from the target's members is no finding, and not said to work") {
  const auto login = rewind_login(as_seen(false, true));
  CHECK(login.result == LoginResult::not_tried);
  CHECK(login.said ==
        "from ci-1 (10.0.1.1): line 4 of pg_hba.conf: scram-sha-256; its password is known to Patroni alone");
  CHECK(judge_logins({login}).empty());
}

TEST_CASE("a role that rewinds and is refused from the target's members is a warning with the line that lets it in") {
  auto seen = as_seen(true, true);
  const auto found = judge_logins({rewind_login(seen)});
  REQUIRE(lines(found) == Lines{"warning access.rewind_login login from target ci's servers to member main-1 of source "
                                "main, database postgres as rewind_ci"});
  CHECK(found[0].evidence == "from ci-1 (10.0.1.1): line 3 of pg_hba.conf: reject");
  CHECK(found[0].fix ==
        "in pg_hba.conf of main-1 of source main, before the lines that refuse it: host postgres rewind_ci 10.0.1.1/32 "
        "scram-sha-256; then pg_reload_conf()");
  // Nobody else gets in from there, so it may be this one, although the source's own members let it in.
  seen = as_seen(true, false);
  CHECK(judge_logins({rewind_login(seen)}).size() == 1);
}

TEST_CASE("the source's own role that rewinds need not get in from the target's members") {
  auto seen = as_seen(true, false);
  seen.others_get_in = true;
  CHECK(judge_logins({rewind_login(seen)}).empty());
  seen = as_seen(true, true);  // it gets in from nowhere: it is nobody's
  seen.others_get_in = true;
  CHECK(judge_logins({rewind_login(seen)}).size() == 1);
}

TEST_CASE("a role that rewinds and may not connect is refused, whatever pg_hba.conf says") {
  auto seen = as_seen(false, false);
  seen.role.no_login = "it has no CONNECT on database postgres";
  const auto found = judge_logins({rewind_login(seen)});
  REQUIRE(found.size() == 1);
  CHECK(found[0].evidence == "it has no CONNECT on database postgres");
  CHECK(found[0].fix.find("GRANT CONNECT ON DATABASE postgres TO \"rewind_ci\"") != std::string::npos);
}

TEST_CASE("functions of pg_rewind that a role may not execute are one warning with the grants") {
  CHECK(judge_logins({rewind_rights("source main", {"rewind", {}, ""})}).empty());
  const RewindRole role{
      "rewind", {"pg_catalog.pg_ls_dir(text, boolean, boolean)", "pg_catalog.pg_stat_file(text, boolean)"}, ""};
  const auto found = judge_logins({rewind_rights("source main", role)});
  REQUIRE(lines(found) == Lines{"warning access.rewind_rights login from a server that is rewound to source main, "
                                "database postgres as rewind"});
  CHECK(found[0].fix ==
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean) TO \"rewind\"; "
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO \"rewind\"   (in database postgres)");
}

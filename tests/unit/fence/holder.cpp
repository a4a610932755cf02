#include "fence/holder.h"

#include <catch2/catch.hpp>

#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::Installed;
using test::main_server;
using test::run;
using test::soon;

namespace {

const Holder first{"r-1", 1, "ops@a", "a", "/a/journal.db", "", false};

Holder later(Holder holder, int epoch) {
  holder.epoch = epoch;
  return holder;
}

Holder elsewhere(int epoch) {
  return {"r-2", epoch, "ops@b", "b", "/b/journal.db", "", false};
}

ErrorKind refused(Connection& admin, const Holder& holder) {
  const auto held = fence::hold(admin, "ci", holder, false, soon());
  return held ? ErrorKind::invalid : held.error().kind;
}

}  // namespace

TEST_CASE("where no fence is nobody holds anything, and nothing is signed") {
  auto admin = main_server().connect();
  run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
  CHECK_FALSE(held(admin, "ci", soon())->installed);
  CHECK(*fence::hold(admin, "ci", first, false, soon()) == false);
  CHECK(*fence::release_lease(admin, "ci", "r-1", soon()) == false);
}

TEST_CASE("whoever holds a split is told with name, host, journal and since when") {
  Installed it;
  CHECK_FALSE(held(it.admin, "ci", soon())->holder.has_value());
  REQUIRE(*fence::hold(it.admin, "ci", first, false, soon()));
  const auto seen = held(it.admin, "ci", soon());
  REQUIRE(seen->holder);
  CHECK(seen->last_epoch == 1);
  CHECK(seen->holder->continues(first));
  const auto other = fence::hold(it.admin, "ci", elsewhere(2), false, soon());
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::held);
  CHECK(other.error().seen.find("run r-1 by ops@a since 20") == 0);
  CHECK(other.error().seen.find("journal /a/journal.db on a") != std::string::npos);
  CHECK(held(it.admin, "ci", soon())->last_epoch == 1);
}

TEST_CASE("signing twice is signing once") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  CHECK(run(it.admin, "SELECT FROM pgcleave.ownership_log").size() == 1);
}

TEST_CASE("the same run of the same journal may go on, a copy of its journal elsewhere may not") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  CHECK(fence::hold(it.admin, "ci", later(first, 2), false, soon()));
  auto copy = later(first, 3);
  copy.host = "b";
  CHECK(refused(it.admin, copy) == ErrorKind::held);
  CHECK(fence::hold(it.admin, "ci", copy, true, soon()));
  CHECK(refused(it.admin, later(first, 4)) == ErrorKind::held);
}

TEST_CASE(
    "a file that was put in the place of a journal is another journal, and one of an older version is told by its "
    "path") {
  Installed it;
  auto mine = first;
  mine.journal = fence::journal_of_file("/a/journal.db", "17 of 1764335052.5");
  CHECK(fence::path_of_journal(mine.journal) == "/a/journal.db");
  CHECK(fence::path_of_journal("/a/journal.db") == "/a/journal.db");
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  CHECK(fence::hold(it.admin, "ci", later(mine, 2), false, soon()));
  CHECK(fence::hold(it.admin, "ci", later(mine, 3), false, soon()));
  auto put_back = later(mine, 4);
  put_back.journal = fence::journal_of_file("/a/journal.db", "18 of 1764335061.5");
  CHECK_FALSE(put_back.same_journal(mine));
  CHECK(refused(it.admin, put_back) == ErrorKind::held);
  CHECK(refused(it.admin, later(first, 4)) == ErrorKind::held);
  CHECK(fence::hold(it.admin, "ci", put_back, true, soon()));
}

TEST_CASE("a run that is over holds nothing") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  REQUIRE(*fence::release_lease(it.admin, "ci", "r-1", soon()));
  CHECK(held(it.admin, "ci", soon())->holder->over);
  CHECK(fence::hold(it.admin, "ci", elsewhere(2), false, soon()));
  REQUIRE(*fence::release_lease(it.admin, "ci", "r-1", soon()));
  CHECK_FALSE(held(it.admin, "ci", soon())->holder->over);
}

TEST_CASE("nobody signs under an epoch that another run has, or below one") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", later(first, 5), false, soon()));
  REQUIRE(*fence::release_lease(it.admin, "ci", "r-1", soon()));
  CHECK(refused(it.admin, elsewhere(5)) == ErrorKind::conflict);
  CHECK(refused(it.admin, elsewhere(4)) == ErrorKind::conflict);
  CHECK(fence::hold(it.admin, "ci", elsewhere(6), false, soon()));
}

TEST_CASE("once somebody has signed, what was sent under a lower epoch no longer passes ownership") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-1", 1, soon()));
  REQUIRE(fence::hold(it.admin, "ci", elsewhere(2), true, soon()));
  const auto late = fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::target, "r-1", 1, soon());
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::conflict);
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::nobody);
}

TEST_CASE("a run that signs anew outranks its own earlier requests, and still passes ownership once") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-1", 1, soon()));
  REQUIRE(fence::hold(it.admin, "ci", later(first, 2), false, soon()));
  CHECK_FALSE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::target, "r-1", 1, soon()));
  CHECK(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-1", 2, soon()));
  CHECK(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::source, "r-1", 2, soon()));
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::source);
}

TEST_CASE("raising an epoch announces no change of the owner") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", later(first, 3), false, soon()));
  REQUIRE(*fence::release_lease(it.admin, "ci", "r-1", soon()));
  CHECK(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-3", 3, soon()));
}

TEST_CASE("what holds a split goes with its fence") {
  Installed it;
  REQUIRE(fence::hold(it.admin, "ci", first, false, soon()));
  REQUIRE(fence::uninstall(it.admin, {"ci", "main", "ci"}, soon()));
  CHECK(run(it.admin, "SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty());
}

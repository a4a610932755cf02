// A slot's copies on the members of a side: judged, and asked of servers where they know them.
#include "world/slot_copies.h"

#include "postgres/replication.h"
#include "steps/target_of_two.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::SlotCopy;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::Server;
using pgcleave::postgres::test::soon;

SlotCopy a_good_copy() {
  return {170012, true, true, true, true, true, true, false, ""};
}

SlotCopies copies_of(const SlotCopy& copy) {
  return {"target ci", true, "", {{"ci-2", "", copy}}};
}

}  // namespace

TEST_CASE("a slot survives a failover only with a copy that would go on, on every member that may be promoted") {
  CHECK(copies_of(a_good_copy()).survive());
  CHECK(copies_of(a_good_copy()).text() ==
        "a failover of target ci leaves the rollback path as it is: ci-2 has a copy of its slot");
  using Change = void (*)(SlotCopy&);
  for (const Change change :
       std::vector<Change>{[](auto& copy) { copy.version = 150018; }, [](auto& copy) { copy.synchronizes = false; },
                           [](auto& copy) { copy.feedback = false; }, [](auto& copy) { copy.streams_by_slot = false; },
                           [](auto& copy) { copy.knows_database = false; }, [](auto& copy) { copy.exists = false; },
                           [](auto& copy) { copy.synced = false; }, [](auto& copy) { copy.temporary = true; },
                           [](auto& copy) { copy.invalidated = "rows_removed"; }}) {
    auto copy = a_good_copy();
    change(copy);
    CHECK_FALSE(copy.problem().empty());
    CHECK_FALSE(copies_of(copy).survive());
    CHECK(copies_of(copy).text() == "a failover of target ci ends the rollback path: ci-2: " + copy.problem());
  }
}

TEST_CASE("a slot does not survive a failover where it is not copied, nobody is left, or its reader asks one member") {
  auto copies = copies_of(a_good_copy());
  copies.failover = false;
  CHECK_FALSE(copies.survive());
  copies = copies_of(a_good_copy());
  copies.reads_from = "ci-1";
  CHECK_FALSE(copies.survive());
  CHECK(copies.text().find("its subscriber has ci-1's own address") != std::string::npos);
  copies = copies_of(a_good_copy());
  copies.members.push_back({"ci-3", "connection refused", {}});
  CHECK_FALSE(copies.survive());
  copies.members.clear();
  CHECK_FALSE(copies.survive());
}

TEST_CASE("each other member is asked for its copy of a slot") {
  const Server second("ci", main_server());
  TargetOfTwo it(second.port());
  const auto seen = slot_copies(it.sides.world.target, "pgcleave_ci_reverse", soon());
  REQUIRE(seen);
  CHECK_FALSE(seen->failover);
  REQUIRE(seen->members.size() == 1);
  CHECK(seen->members.front().member == "ci-2");
  CHECK(seen->members.front().unasked.empty());
  CHECK_FALSE(seen->members.front().copy.synchronizes);
  CHECK_FALSE(seen->survive());
}

}  // namespace pgcleave::steps::test

// Whoever serves clients comes first: the throttle of jobs, and a person, say when the next block is read.
#include "kept_comparison.h"

namespace pgcleave::compare::test {
namespace {

// A slot that keeps more WAL than the limit, until it is dropped.
struct SlotInTheWay {
  explicit SlotInTheWay(postgres::Connection& server) : session(server) {
    run(session, "SELECT pg_create_physical_replication_slot('in_the_way', true)");
    for (int n = 0; n < 4; ++n) run(session, "SELECT pg_logical_emit_message(false, 'cmp', repeat('x', 1000000))");
  }
  std::int64_t keeps() {
    return run(session,
               "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::int8 AS n FROM pg_replication_slots WHERE "
               "slot_name = 'in_the_way'")
        .number(0, "n");
  }
  ~SlotInTheWay() { drop(); }
  SlotInTheWay(const SlotInTheWay&) = delete;
  SlotInTheWay& operator=(const SlotInTheWay&) = delete;
  void drop() {
    static_cast<void>(session.simple(
        "SELECT pg_drop_replication_slot('in_the_way') FROM pg_replication_slots WHERE slot_name = 'in_the_way'",
        soon()));
  }
  postgres::Connection& session;
};

data::Limits only_slots(std::int64_t bytes) {
  data::Limits limits;
  limits.replica_lag = limits.wal_rate = Bytes{0};
  limits.slot_wal = Bytes{bytes};
  return limits;
}

}  // namespace

TEST_CASE("where the throttle says stop nothing is read until it says go") {
  KeptComparison sides;
  sides.fill("t", 3000);
  SlotInTheWay slot(sides.original);
  sides.request.limits = only_slots(1 << 20);
  std::string why;
  Running runs(sides.request, 0);
  Monotonic::sleep_for(1500ms);
  CHECK(sides.blocks_read().empty());
  CHECK(runs.blocks == 0);
  CHECK(run(sides.original, "SELECT now FROM pgcleave.jobs").text(0, "now").starts_with("slot in_the_way keeps WAL"));
  CHECK(sides.said.find("waits: slot in_the_way keeps WAL") != std::string::npos);
  slot.drop();
  const auto& outcome = runs.end();
  REQUIRE(outcome);
  CHECK(in_words(outcome->tables.at(0)) == "");
  CHECK(outcome->tables.at(0).rows == 3000);
}

TEST_CASE("a comparison with a time of its own ends also where the throttle says stop") {
  KeptComparison sides;
  sides.fill("t", 3000);
  SlotInTheWay slot(sides.original);
  sides.request.limits = only_slots(1 << 20);
  sides.request.longest = 700ms;
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "the time of 700ms was over");
  CHECK(result.blocks == 0);
}

TEST_CASE("slowed, it rests between blocks, says why, and counts the rest in") {
  KeptComparison sides;
  sides.fill("t", 3000);
  SlotInTheWay slot(sides.original);
  sides.request.limits = only_slots(slot.keeps() * 3 / 2);
  sides.request.block = 100ms;
  std::string slowed;
  std::optional<Duration> left;
  sides.request.tell = [&](const Progress& now) {
    slowed = now.slowed;
    if (now.blocks == 5) left = now.left();
  };
  const auto outcome = sides.compare({"t"});
  CHECK(outcome.time > 1000ms);
  CHECK(slowed.starts_with("slot in_the_way keeps WAL"));
  REQUIRE(left);
  CHECK(*left > 400ms);
  CHECK(*left < 3s);
}

TEST_CASE("flat out nobody is asked") {
  KeptComparison sides;
  sides.fill("t", 3000);
  SlotInTheWay slot(sides.original);
  CHECK(in_words(sides.compare_one("t")) == "");
}

TEST_CASE("who has only psql holds a comparison within a block, paces it, and lets it go on") {
  KeptComparison sides;
  sides.fill("t", 60000);
  sides.request.first_rows = 100;
  Running runs(sides.request);
  run(sides.original, "UPDATE pgcleave.jobs SET hold = true");
  const std::int64_t at = runs.blocks;
  Monotonic::sleep_for(1500ms);
  CHECK(runs.blocks <= at + 1);
  CHECK_FALSE(runs.over);
  CHECK(run(sides.original, "SELECT now FROM pgcleave.jobs").text(0, "now").starts_with("on hold"));
  CHECK(sides.said.find("on hold") != std::string::npos);
  run(sides.original, "UPDATE pgcleave.jobs SET hold = false, target_ms = 1");
  const auto& outcome = runs.end();
  REQUIRE(outcome);
  CHECK(in_words(outcome->tables.at(0)) == "");
}

TEST_CASE("what is left is told by this process's rate alone") {
  Progress now;
  CHECK_FALSE(now.left());
  now.rows_before = 1000;
  now.rows = 1500;
  now.all_rows = 2500;
  now.time = 5s;
  CHECK(now.rows_per_second() == 100);
  CHECK(now.left() == Duration(10s));
}

}  // namespace pgcleave::compare::test

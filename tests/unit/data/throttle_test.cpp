#include "data/throttle.h"

#include <catch2/catch.hpp>

#include "data/job.h"

namespace pgcleave::data {
namespace {

using namespace std::chrono_literals;

const auto start = Monotonic::now();

Indication named(const std::vector<Indication>& all, const std::string& name) {
  for (const auto& one : all) {
    if (one.name == name) return one;
  }
  FAIL("no indicator " << name);
  return {};
}

Indication judged(const Signs& signs, const std::string& name, Limits limits = {}) {
  return named(Throttle(limits).judge(signs, start), name);
}

constexpr std::int64_t mib = 1 << 20;

}  // namespace

TEST_CASE("a quiet server lets a job go, by each indicator") {
  for (const auto& one : Throttle(Limits{}).judge({}, start)) {
    INFO(one.name);
    CHECK(one.speed == Speed::go);
    CHECK(one.why.empty());
  }
  CHECK(strictest({}).speed == Speed::go);
}

TEST_CASE("outside of its hours a job stops, and says what time it is where they are meant") {
  const auto night = *parse_hours("22:00-06:00 Europe/Kyiv");
  Signs signs;
  signs.minute = 23 * 60;
  CHECK(judged(signs, "hours", {.hours = night}).speed == Speed::go);
  signs.minute = 6 * 60 + 5;
  const auto stopped = judged(signs, "hours", {.hours = night});
  CHECK(stopped.speed == Speed::stop);
  CHECK(stopped.why == "it is 06:05, and the job works 22:00-06:00 Europe/Kyiv");
  CHECK(judged(signs, "hours").speed == Speed::go);
  CHECK(Limits{.hours = night}.text() ==
        "replica_lag 64MiB, slot_wal 8GiB, wal_rate 128MiB, hours 22:00-06:00 Europe/Kyiv");
}

TEST_CASE("the replica that is farthest behind slows a job from half of the limit on, and stops it at the limit") {
  Signs signs;
  signs.replicas = {{"replica a", {1}}, {"replica b", {32 * mib - 1}}};
  CHECK(judged(signs, "replica_lag").speed == Speed::go);
  signs.replicas[1].lag.count = 32 * mib;
  CHECK(judged(signs, "replica_lag").speed == Speed::slow);
  signs.replicas[1].lag.count = 64 * mib;
  const auto stopped = judged(signs, "replica_lag");
  CHECK(stopped.speed == Speed::stop);
  CHECK(stopped.why == "replica b is behind by 64MiB (limit 64MiB)");
  CHECK(judged(signs, "replica_lag", {.replica_lag = {0}}).speed == Speed::go);
}

TEST_CASE("a slot that keeps too much WAL and an archive that falls behind stop a job") {
  Signs signs;
  signs.slots = {{"slot ci", {9LL << 30}}};
  CHECK(judged(signs, "slot_wal").why == "slot ci keeps WAL of 9GiB (limit 8GiB)");
  CHECK(judged(signs, "slot_wal").speed == Speed::stop);
  signs.archive_waiting = 42;
  CHECK(judged(signs, "archive_waiting").speed == Speed::slow);
  signs.archive_waiting = 84;
  CHECK(judged(signs, "archive_waiting").speed == Speed::stop);
}

TEST_CASE("autovacuum slows a job, and stops it where it prevents a wraparound") {
  Signs signs;
  signs.vacuumed = true;
  CHECK(judged(signs, "autovacuum").speed == Speed::slow);
  signs.wraparound = true;
  CHECK(judged(signs, "autovacuum").speed == Speed::stop);
}

TEST_CASE("the rate of WAL is that between two looks, and only slows") {
  Throttle throttle({.wal_rate = {10 * mib}});
  Signs signs;
  signs.wal.position = 1'000'000'000;
  CHECK(named(throttle.judge(signs, start), "wal_rate").speed == Speed::go);
  signs.wal.position += 9 * mib;
  CHECK(named(throttle.judge(signs, start + 1s), "wal_rate").speed == Speed::go);
  signs.wal.position += 200 * mib;
  const auto slow = named(throttle.judge(signs, start + 3s), "wal_rate");
  CHECK(slow.speed == Speed::slow);
  CHECK(slow.why == "the server writes 100MiB of WAL per second (limit 10MiB)");
}

TEST_CASE("the strictest indicator decides") {
  CHECK(strictest({{"a", Speed::go, ""}, {"b", Speed::stop, "x"}, {"c", Speed::slow, "y"}}).name == "b");
  CHECK(strictest({{"a", Speed::slow, "x"}, {"b", Speed::slow, "y"}}).name == "a");
}

TEST_CASE("progress tells rows, rate, how much lies behind, and how long it will take at the speed that was seen") {
  Progress progress;
  progress.table = "ci.jobs";
  progress.changed = 12000;
  progress.walked = 250;
  progress.all = 1000;
  progress.seconds = 10;
  progress.changed_since = 5000;
  progress.walked_since = 125;
  progress.slowed = "autovacuum is at work on the table";
  CHECK(in_words(progress) ==
        "ci.jobs: 12000 rows changed, 500 rows/s, 25.0 % of pass 1, 60s left, slowed: autovacuum is at work on the "
        "table");
  progress.over = true;
  progress.skipped = 2;
  CHECK(in_words(progress) == "ci.jobs: 12000 rows changed, 2 left out, 500 rows/s");
  CHECK(about(119s) == "119s");
  CHECK(about(2h - 1min) == "119m");
  CHECK(about(5h + 30min) == "5.5h");
  CHECK(about(1200h) == "50.0d");
  CHECK(in_words({.table = "t"}) == "t: 0 rows changed");
}

}  // namespace pgcleave::data

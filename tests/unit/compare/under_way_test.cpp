// What is told of a comparison that is not over, by what it keeps: who, how far, how fast, and whether it lives.
#include "compare/under_way.h"

#include "kept_comparison.h"

namespace pgcleave::compare::test {
namespace {

std::vector<UnderWay> told(KeptComparison& sides, const std::string& definition = "compare cmp") {
  const auto all = comparisons_under_way(sides.original, definition, soon());
  INFO((all ? "" : all.error().text()));
  REQUIRE(all);
  return *all;
}

UnderWay told_one(KeptComparison& sides) {
  const auto all = told(sides);
  REQUIRE(all.size() == 1);
  return all.front();
}

// Two tables, of which the second is under way, held by a person.
struct HeldComparison : KeptComparison {
  HeldComparison() {
    fill("a", 1000);
    fill("t", 30000);
    run(copy, "UPDATE cmp.a SET note = 'hush' WHERE id = 9");
    request.tables = {{"cmp", "a"}, {"cmp", "t"}};
    request.patience.stop = &stop;
    request.tell = [this](const Progress& now) { blocks = now.blocks; };
    thread = std::thread([this] { outcome = compare_tables(request); });
    (void)wait_until("blocks are read", soon(), 1ms, nullptr, [&]() -> Result<bool> { return blocks >= 8; });
    run(original, "UPDATE pgcleave.jobs SET hold = true");
    (void)wait_until("it waits", soon(), 10ms, nullptr, [&]() -> Result<bool> {
      return run(original, "SELECT now FROM pgcleave.jobs").text(0, "now").starts_with("on hold");
    });
  }
  ~HeldComparison() { end(); }
  HeldComparison(const HeldComparison&) = delete;
  HeldComparison& operator=(const HeldComparison&) = delete;
  void end() {
    stop.request();
    if (thread.joinable()) thread.join();
  }

  StopFlag stop;
  std::atomic<std::int64_t> blocks = 0;
  Result<Outcome> outcome = Outcome{};
  std::thread thread;
};

}  // namespace

TEST_CASE("where nothing was ever kept, no comparison is under way") {
  KeptComparison sides;
  CHECK(told(sides).empty());
}

TEST_CASE("a comparison under way is told with who, since when, tables, rows, rate, and what holds it") {
  HeldComparison sides;
  const auto one = told_one(sides);
  CHECK(one.id == "v-1");
  CHECK(one.definition == "compare cmp");
  CHECK(one.runner == "ops@a");
  CHECK(one.life == Life::at_work);
  CHECK(one.hold);
  CHECK(one.now.starts_with("on hold"));
  CHECK(std::abs(one.began_at_us - utc_now_us()) < 60'000'000);
  CHECK(one.at.tables == 2);
  CHECK(one.at.tables_done == 1);
  CHECK(one.at.rows >= 1000);
  CHECK(one.at.rows < 31000);
  CHECK(one.at.all_rows == 31000);
  CHECK(one.at.different == 1);
  CHECK(one.at.rows_per_second() > 0);
  REQUIRE(one.at.left());
  CHECK(told(sides, "compare other").empty());
  Monotonic::sleep_for(300ms);
  CHECK(told_one(sides).at.time >= one.at.time + 300ms);
  run(sides.original, "UPDATE pgcleave.jobs SET hold = false");
}

TEST_CASE("one that stopped, whose session is gone, or of which nothing is heard, is told as such") {
  HeldComparison sides;
  run(sides.original, "UPDATE pgcleave.jobs SET moved = moved - interval '121 s', backend_start = backend_start");
  CHECK(told_one(sides).life == Life::at_work);  // it was claimed since
  sides.end();
  auto one = told_one(sides);
  CHECK(one.life == Life::stopped);
  CHECK(one.now.find("interrupted") + one.now.find("stop") != 0);
  CHECK(one.runner.empty());

  auto session = main_server().connect();
  run(session,
      "UPDATE pgcleave.jobs SET runner = 'ops@b', pid = a.pid, backend_start = a.backend_start FROM pg_stat_activity a "
      "WHERE a.pid = pg_backend_pid()");
  CHECK(told_one(sides).life == Life::at_work);
  run(sides.original, "UPDATE pgcleave.jobs SET backend_start = backend_start - interval '1 s'");
  CHECK(told_one(sides).life == Life::died);
}

TEST_CASE("nothing heard for two minutes of a session that lives is told as silence") {
  HeldComparison sides;
  sides.end();
  run(sides.original,
      "UPDATE pgcleave.jobs SET runner = 'ops@b', pid = a.pid, backend_start = a.backend_start, began = began - "
      "interval "
      "'1 h', moved = now() - interval '121 s' FROM pg_stat_activity a WHERE a.backend_start < now() - interval '0.2 "
      "s' "
      "AND a.backend_type = 'checkpointer'");
  const auto one = told_one(sides);
  // The checkpointer stands for a session that began long ago.
  if (one.silent >= longest_silence) CHECK(one.life == Life::silent);
  CHECK(one.silent > 0s);
}

}  // namespace pgcleave::compare::test

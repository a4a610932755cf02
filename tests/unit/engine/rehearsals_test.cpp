#include "engine/rehearsals.h"

#include "a_run.h"

using namespace pgcleave;
using namespace pgcleave::engine;

namespace {

constexpr std::int64_t hour_us = 3'600'000'000;

RunRecord run_of(const std::string& runbook, const std::string& split, const std::string& binary, double pause_ms) {
  RunRecord run;
  run.begun = {{"name", "a-run"}, {"sha256", runbook}, {"split_sha256", split}, {"binary_sha256", binary}};
  run.windows["window"].pause_ms = pause_ms;
  return run;
}

Round round_of(RunRecord run, std::int64_t finished_at_us, bool good = true) {
  Round round;
  round.run = std::move(run);
  round.finished_at_us = finished_at_us;
  round.good = good;
  return round;
}

const Subject subject{"book", "split", "binary", std::chrono::hours(24), 100 * hour_us};

}  // namespace

TEST_CASE("a rehearsal counts for the very runbook, split and program, while it is young enough") {
  const auto at = 90 * hour_us;
  CHECK(mismatch(round_of(run_of("book", "split", "binary", 1), at), subject) == Mismatch::none);
  CHECK(mismatch(round_of(run_of("other", "split", "binary", 1), at), subject) == Mismatch::runbook);
  CHECK(mismatch(round_of(run_of("book", "other", "binary", 1), at), subject) == Mismatch::split);
  CHECK(mismatch(round_of(run_of("book", "split", "other", 1), at), subject) == Mismatch::binary);
  CHECK(mismatch(round_of(run_of("book", "split", "binary", 1), 75 * hour_us), subject) == Mismatch::age);
}

TEST_CASE("percentiles are of the nearest rank, so that they are figures that were seen") {
  CHECK(spread_of({}).count == 0);
  const auto of_ten = spread_of({10, 1, 9, 2, 8, 3, 7, 4, 6, 5});
  CHECK(of_ten.p50 == 5);
  CHECK(of_ten.p90 == 9);
  CHECK(of_ten.max == 10);
  const auto of_one = spread_of({3});
  CHECK((of_one.p50 == 3 && of_one.p90 == 3 && of_one.max == 3));
}

TEST_CASE("pauses are those of good rounds") {
  Rehearsed rehearsed;
  rehearsed.counting = {round_of(run_of("book", "split", "binary", 40), 0), round_of(run_of("book", "split", "binary", 60), 0),
                        round_of(run_of("book", "split", "binary", 9000), 0, false)};
  rehearsed.counting[0].rolled_back = true;
  rehearsed.counting[2].rolled_back = true;
  CHECK(rehearsed.good() == 2);
  CHECK(rehearsed.rolled_back() == 1);
  CHECK(rehearsed.pauses("window").max == 60);
  CHECK(rehearsed.pauses("rollback.window").count == 0);
}

TEST_CASE("rounds are read from the journal with their run, how long they took, and how a problem was solved") {
  const ARun place(head + "prepare:\n" + make("x"));
  auto journal = journal::Journal::open(place.journal_path(), Deadline::in(std::chrono::seconds(5)));
  REQUIRE(journal);
  const auto write = [&](const std::string& run, const std::string& type, const Json& data) {
    REQUIRE(journal->append(run, type, data, journal::Durability::process));
  };
  write("h-1", "rehearsal.begun", {{"name", "a-run"}});
  write("r-1", "run.begun", {{"name", "a-run"}, {"sha256", "book"}, {"rehearsal", "h-1"}, {"round", 1}});
  write("r-1", "window.watched", {{"phase", "window"}, {"outage_ms", 31.5}, {"mean_outage_ms", 30.5}});
  write("r-1", "run.finished", {{"outcome", "done"}, {"exit", 0}});
  write("r-1", "run.resumed", {{"direction", "rollback"}});
  write("r-1", "window.watched", {{"phase", "rollback.window"}, {"outage_ms", 21.5}});
  write("r-1", "run.finished", {{"outcome", "rolled_back"}, {"exit", 0}});
  write("h-1", "rehearsal.round",
        {{"round", 1}, {"run", "r-1"}, {"outcome", "surprise"}, {"rolled_back", true}, {"text", "a bouncer hung"}});
  write("r-2", "run.begun", {{"name", "a-run"}, {"sha256", "book"}, {"rehearsal", "h-1"}, {"round", 2}});
  write("r-1", "problem.solved", {{"how", "it has more memory now"}, {"by", "ann@ops"}});

  const auto rounds = rounds_in(*journal);
  REQUIRE(rounds);
  REQUIRE(rounds->size() == 1);  // the second has not ended
  const auto& round = rounds->front();
  CHECK(round.rehearsal == "h-1");
  CHECK(round.run.id == "r-1");
  CHECK_FALSE(round.good);
  CHECK(round.rolled_back);
  CHECK(round.surprise == "a bouncer hung");
  CHECK(round.solved == "it has more memory now");
  CHECK(round.run.windows.at("window").outage_ms == 31.5);
  CHECK(round.run.windows.at("window").mean_outage_ms == 30.5);
  CHECK(round.run.windows.at("rollback.window").outage_ms == 21.5);
  CHECK(round.forth_s > 0);
  CHECK(round.back_s > 0);
}

TEST_CASE("a journal that can't be read is said, and the others count") {
  std::vector<std::string> unread;
  CHECK(rounds_in({"/nowhere/journal.db"}, unread).empty());
  REQUIRE(unread.size() == 1);
  CHECK(unread[0].find("/nowhere/journal.db") != std::string::npos);
}

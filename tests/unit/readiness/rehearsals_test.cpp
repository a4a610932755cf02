#include "readiness/rehearsals.h"

#include <algorithm>

#include "engine/a_run.h"

using namespace pgcleave;
using namespace pgcleave::engine;
using namespace pgcleave::readiness;

namespace {

constexpr std::int64_t hour_us = 3'600'000'000;

RunRecord run_of(const std::string& runbook, const std::string& split, const std::string& binary, double pause_ms) {
  RunRecord run;
  run.begun = {{"name", "a-run"}, {"sha256", runbook}, {"split_sha256", split}, {"binary_sha256", binary}};
  run.windows[runbook::PhaseKind::window].pause_ms = pause_ms;
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
  CHECK(readiness::spread_of({}).count == 0);
  const auto of_ten = readiness::spread_of({10, 1, 9, 2, 8, 3, 7, 4, 6, 5});
  CHECK(of_ten.p50 == 5);
  CHECK(of_ten.p90 == 9);
  CHECK(of_ten.max == 10);
  const auto of_one = readiness::spread_of({3});
  CHECK((of_one.p50 == 3 && of_one.p90 == 3 && of_one.max == 3));
}

TEST_CASE("pauses are those of good rounds") {
  readiness::Rehearsed rehearsed;
  rehearsed.counting = {round_of(run_of("book", "split", "binary", 40), 0),
                        round_of(run_of("book", "split", "binary", 60), 0),
                        round_of(run_of("book", "split", "binary", 9000), 0, false)};
  rehearsed.counting[0].rolled_back = true;
  rehearsed.counting[2].rolled_back = true;
  CHECK(rehearsed.good() == 2);
  CHECK(rehearsed.rolled_back() == 1);
  CHECK(rehearsed.pauses(runbook::PhaseKind::window).max == 60);
  CHECK(rehearsed.pauses(runbook::PhaseKind::rollback_window).count == 0);
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

  const auto rounds = readiness::rounds_in(*journal);
  REQUIRE(rounds);
  REQUIRE(rounds->size() == 1);  // the second has not ended
  const auto& round = rounds->front();
  CHECK(round.rehearsal == "h-1");
  CHECK(round.run.id == "r-1");
  CHECK_FALSE(round.good);
  CHECK(round.rolled_back);
  CHECK(round.surprise == "a bouncer hung");
  CHECK(round.solved == "it has more memory now");
  CHECK(round.run.windows.at(runbook::PhaseKind::window).outage_ms == 31.5);
  CHECK(round.run.windows.at(runbook::PhaseKind::window).mean_outage_ms == 30.5);
  CHECK(round.run.windows.at(runbook::PhaseKind::rollback_window).outage_ms == 21.5);
  CHECK(round.forth_s > 0);
  CHECK(round.back_s > 0);
}

TEST_CASE("a journal that can't be read is said, and the others count") {
  std::vector<std::string> unread;
  CHECK(readiness::rounds_in({"/nowhere/journal.db"}, unread).empty());
  REQUIRE(unread.size() == 1);
  CHECK(unread[0].find("/nowhere/journal.db") != std::string::npos);
}

TEST_CASE("of the rehearsals with the runbook's name those that do not count are told with the reason") {
  const ARun place(head + "prepare:\n" + make("x"));
  auto journal = journal::Journal::open(place.journal_path(), Deadline::in(std::chrono::seconds(5)));
  REQUIRE(journal);
  const auto round = [&](const std::string& id, const Json& begun, const std::string& outcome, double ms) {
    const auto write = [&](const std::string& run, const std::string& type, const Json& data) {
      REQUIRE(journal->append(run, type, data, journal::Durability::process));
    };
    write(id, "run.begun", begun);
    write(id, "step.intent", {{"step", "pause"}, {"uses", "run.command"}});
    write(id, "step.done", {{"step", "pause"}, {"ms", ms}});
    write(id, "run.finished", {{"outcome", "done"}, {"exit", 0}});
    write("h-" + id, "rehearsal.round", {{"round", 1}, {"run", id}, {"outcome", outcome}});
  };
  const Json fits{{"name", "a-run"}, {"sha256", "book"}, {"split_sha256", "split"}, {"binary_sha256", "binary"}};
  const auto with = [&](const char* key, const char* value) {
    auto begun = fits;
    begun[key] = value;
    return begun;
  };
  round("r-1", fits, "good", 7);
  round("r-2", fits, "good", 0);
  round("r-3", fits, "surprise", 900);
  round("r-4", with("sha256", "other"), "good", 900);
  round("r-5", with("split_sha256", "other"), "good", 900);
  round("r-6", with("binary_sha256", "other"), "good", 900);
  round("r-7", with("name", "another-run"), "good", 900);

  auto wanted = subject;
  wanted.now_us = utc_now_us();
  const auto found = readiness::rehearsed({place.journal_path(), "/nowhere/journal.db"}, "a-run", wanted);
  CHECK(found.unread.size() == 1);
  CHECK(found.counting.size() == 3);
  CHECK(found.good() == 2);
  // A step that is already applied took no time, and a bad round tells nothing of how long a step takes.
  CHECK(found.step_ms("pause").count == 1);
  CHECK(found.step_ms("pause").max == 7);
  CHECK(found.step_ms("resume").count == 0);
  CHECK(found.pauses(runbook::PhaseKind::window).count == 0);
  CHECK(found.why == std::vector<Mismatch>{Mismatch::runbook, Mismatch::split, Mismatch::binary});
  REQUIRE(found.others.size() == 3);
  CHECK(found.others[1].run.id == "r-5");

  wanted.now_us += 25 * hour_us;
  const auto later = readiness::rehearsed({place.journal_path()}, "a-run", wanted);
  CHECK(later.counting.empty());
  CHECK(std::count(later.why.begin(), later.why.end(), Mismatch::age) == 3);
}

TEST_CASE("each reason for which a rehearsal does not count is said in words of its own") {
  CHECK(text_of(Mismatch::none) == "counts");
  CHECK(text_of(Mismatch::runbook) == "of another text of the runbook");
  CHECK(text_of(Mismatch::split) == "of another split file");
  CHECK(text_of(Mismatch::binary) == "by another build of pgcleave");
  CHECK(text_of(Mismatch::age) == "older than the runbook allows");
}

TEST_CASE("a window without a pause adds nothing to the spread of pauses") {
  readiness::Rehearsed rehearsed;
  rehearsed.counting = {round_of(run_of("book", "split", "binary", 0), 0),
                        round_of(run_of("book", "split", "binary", 50), 0)};
  CHECK(rehearsed.pauses(runbook::PhaseKind::window).count == 1);
  CHECK(rehearsed.pauses(runbook::PhaseKind::window).p50 == 50);
}

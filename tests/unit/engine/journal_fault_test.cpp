// The journal's disk fails at the n-th operation, for every n of a whole run: no effect is begun that is not on record,
// a window is undone without the journal, and with a disk that works again the run comes to either end.
#include <algorithm>
#include <catch2/catch.hpp>

#include "a_split.h"
#include "failing_disk.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

struct Seen {
  bool failed = false;
  ExitCode exit = ExitCode::done;
  std::string text;
  Lines before;  // the log of effects when the disk failed
  Lines after;   // what was added to it since
};

// A process whose journal's disk fails at the n-th operation after the run has begun.
Seen with_failing_disk(ARun& run, DiskFault fault, int n, RunResult (Run::*act)()) {
  auto book = run.journal();
  auto there = run.open_world();
  Recorder recorder(book, ARun::id, replay(run.events()), nullptr);
  const char* type = recorder.record().id.empty() ? "run.begun" : "run.resumed";
  REQUIRE(recorder.write(type, {{"split_name", "ci"}, {"pid", 1}}));
  there.approvers = world::Approvers(approvals(book, ARun::id, {}, "tester", nullptr));
  Run one(run.runbook(), run.params, there, recorder, run.stop, {}, {});
  Seen seen;
  fail_disk_at(fault, n, [&] { seen.before = run.log(); });
  const auto ending = (one.*act)();
  seen.exit = ending.exit;
  seen.text = ending.text;
  seen.failed = disk_has_failed();
  repair_disk();
  seen.after = run.log();
  if (seen.failed)
    seen.after.erase(seen.after.begin(), seen.after.begin() + static_cast<std::ptrdiff_t>(seen.before.size()));
  return seen;
}

bool undoes_the_window(const std::string& line) {
  return line == "undo c" || line == "undo d";
}

void nothing_more_was_done(const ARun& run, const Seen& seen) {
  // All was done, and only that could not be written down any more: then it says so.
  const bool unwritten_end = seen.exit == ExitCode::done && run.has("e");
  if (unwritten_end) CHECK(seen.text.find("the journal could not be written") != std::string::npos);
  CHECK((unwritten_end || seen.exit != ExitCode::done));
  CHECK(std::all_of(seen.after.begin(), seen.after.end(), undoes_the_window));
  // Clients wait for no half of a window.
  if (run.has("c") != run.has("d")) FAIL("the window was left half way");
  if (!seen.after.empty()) CHECK_FALSE(run.has("c"));
}

void comes_to_an_end(ARun& run, bool back) {
  CHECK((back ? run.back() : run.resume()).exit == ExitCode::done);
  for (const char* step : {"a", "c", "d", "e"}) CHECK(run.has(step) != back);
  CHECK(run.record().state(false) == (back ? "undone" : "done"));
  CHECK(run.record().open_window() == nullptr);
  CHECK(run.journal().verify_chain());
}

// How many operations a run has.
int at_every_operation(DiskFault fault, RunResult (Run::*act)(), const std::function<void(ARun&)>& before) {
  for (int n = 1;; ++n) {
    ARun run(whole());
    before(run);
    const auto seen = with_failing_disk(run, fault, n, act);
    if (!seen.failed) return n - 1;
    INFO("the disk failed at operation " << n);
    nothing_more_was_done(run, seen);
    comes_to_an_end(run, n % 2 == 0);
  }
}

}  // namespace

TEST_CASE(
    "a disk that is full at any moment of a run stops it, and what is left comes to an end when there is room again") {
  CHECK(at_every_operation(DiskFault::full, &Run::forward, nothing_before) > 40);
}

TEST_CASE("a write of the journal that fails half way, at any moment of a run, is not tried again and trusted") {
  CHECK(at_every_operation(DiskFault::failed_once, &Run::forward, nothing_before) > 40);
}

TEST_CASE("a sync of the journal that fails at any moment of a run is not tried again and trusted") {
  CHECK(at_every_operation(DiskFault::no_sync, &Run::forward, nothing_before) > 10);
}

TEST_CASE("a disk that fails while a dead run's window is undone keeps no client waiting") {
  const auto dead_in_window = [](ARun& run) {
    REQUIRE_FALSE(run.dying_at(31, [&] { return run.forward(); }));
    REQUIRE(run.has("c"));
    REQUIRE(run.record().open_window() != nullptr);
  };
  for (int n = 1;; ++n) {
    ARun run(whole());
    dead_in_window(run);
    const auto seen = with_failing_disk(run, DiskFault::full, n, &Run::back);
    if (!seen.failed) break;
    INFO("the disk failed at operation " << n);
    CHECK_FALSE(run.has("c"));
    CHECK_FALSE(run.has("d"));
    comes_to_an_end(run, n % 2 == 0);
  }
}

TEST_CASE(
    "a disk that is full at any moment of a split leaves one owner, and what is left comes to an end when there is "
    "room again") {
  int operations = 0;
  for (int n = 1;; ++n) {
    ASplit run(head + window(release_and_take + make("c")));
    const auto seen = with_failing_disk(run, DiskFault::full, n, &Run::forward);
    if (!seen.failed) break;
    operations = n;
    INFO("the disk failed at operation " << n << ": " << seen.text);
    const auto owner = run.owner_on(run.source);
    CHECK(((owner == "source") != (run.owner_on(run.target) == "target")));
    // Whoever took ownership has finished the window for its clients, too.
    CHECK((owner == "nobody") == run.has("c"));
    CHECK(run.resume().exit == ExitCode::done);
    CHECK(run.owners() == "nobody, target");
    CHECK(run.has("c"));
    CHECK(run.journal().verify_chain());
  }
  CHECK(operations > 30);
}

}  // namespace pgcleave::engine

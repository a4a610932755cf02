// A file system that does not answer: nobody waits for it beyond a deadline, and it is told afterwards.
#include "faults.h"
#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;
using namespace std::chrono_literals;

namespace {

std::optional<Result<Event>> end_of(const Journal& journal, const Queued& queued) {
  return journal.written(queued, Deadline::in(50ms));
}

}  // namespace

TEST_CASE(
    "what a frozen file system does not take is written when it is thawed, in order, with the time at which it "
    "happened") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(journal.append("r-1", "a", Json{{"i", 0}}, Durability::disk));
  Frozen file_system;
  const auto began = Monotonic::now();
  std::vector<Queued> queued;
  for (int i = 1; i < 4; ++i)
    queued.push_back(journal.submit("r-1", "a", Json{{"i", i}}, i == 2 ? Durability::disk : Durability::process));
  for (const auto& each : queued) CHECK_FALSE(end_of(journal, each).has_value());
  CHECK(journal.unwritten() == 3);
  CHECK_FALSE(journal.await_written(Deadline::in(50ms)));
  const auto thawed_us = utc_now_us();
  CHECK(Monotonic::now() - began < 2s);

  file_system.thaw();
  REQUIRE(journal.await_written(soon()));
  CHECK(journal.unwritten() == 0);
  for (const auto& each : queued) {
    const auto end = end_of(journal, each);
    REQUIRE(end.has_value());
    CHECK(end->has_value());
  }
  const auto events = journal.events("r-1").value();
  REQUIRE(events.size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(events[static_cast<std::size_t>(i)].data == Json{{"i", i}});
  CHECK(events.back().at_us < thawed_us);
  CHECK(journal.verify_chain());
  CHECK(journal.append("r-1", "a", Json{{"i", 4}}, Durability::disk));
}

TEST_CASE("who reads a journal behind a write that does not end is told so at the deadline") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(journal.append("r-1", "a", Json::object(), Durability::disk));
  Frozen file_system;
  const auto queued = journal.submit("r-1", "a", Json::object(), Durability::process);
  const auto read = journal.events_by(Deadline::in(50ms), "r-1");
  REQUIRE_FALSE(read);
  CHECK(read.error().what == "the file system of the journal does not answer");
  CHECK(read.error().object == scratch.path);
  file_system.thaw();
  CHECK(journal.events_by(soon(), "r-1").value().size() == 2);
}

TEST_CASE("a process whose journal hangs can end: what was not written is lost, and the chain is whole") {
  const Scratch scratch;
  Frozen file_system;
  {
    file_system.thaw();
    auto journal = opened(scratch.path);
    REQUIRE(journal.append("r-1", "a", Json::object(), Durability::disk));
  }
  const auto began = Monotonic::now();
  const auto child = in_child([&] {
    auto journal = opened(scratch.path);
    const Frozen still;
    for (int i = 0; i < 3; ++i) journal.submit("r-1", "b", Json::object(), Durability::process);
    return 7;
  });
  ::usleep(1'500'000);
  CHECK(exit_of(child) == 7);
  CHECK(Monotonic::now() - began < 5s);
  const auto journal = opened(scratch.path);
  CHECK(journal.verify_chain());
  CHECK(journal.events_of_type("a").value().size() == 1);
}

TEST_CASE("a split is held until all that was queued is written") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  Frozen file_system;
  {
    const auto hold = journal.hold("ci", "r-1", soon());
    REQUIRE(hold);
    CHECK(hold->is_held());
    journal.submit("r-1", "a", Json::object(), Durability::process);
  }
  CHECK(SplitLock::is_held(scratch.path, "ci"));
  CHECK(SplitLock::take(scratch.path, "ci", "r-2").error().kind == ErrorKind::held);
  file_system.thaw();
  REQUIRE(journal.await_written(soon()));
  CHECK_FALSE(SplitLock::is_held(scratch.path, "ci"));
  CHECK(journal.events("r-1").value().size() == 1);
}

TEST_CASE("who comes too late for a split writes nothing: whoever holds it then goes by what the servers say") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  Frozen file_system;
  journal.submit("r-1", "a", Json::object(), Durability::process);
  const auto late = journal.hold("ci", "r-1", Deadline::in(50ms));
  REQUIRE(late);
  CHECK_FALSE(late->is_held());
  const auto told = journal.submit("r-1", "b", Json::object(), Durability::process);
  const auto other = SplitLock::take(scratch.path, "ci", "r-1");
  REQUIRE(other);
  file_system.thaw();
  REQUIRE(journal.await_written(soon()));
  const auto end = end_of(journal, told);
  REQUIRE(end.has_value());
  REQUIRE_FALSE(*end);
  CHECK(end->error().what == "the journal is closed to writing");
  CHECK(journal.events("r-1").value().size() == 1);
}

TEST_CASE("a split that a dead process still holds is waited for, and what was queued meanwhile is written then") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  std::optional<SplitLock> dead = std::move(SplitLock::take(scratch.path, "ci", "r-1").value());
  const auto hold = journal.hold("ci", "r-1", Deadline::in(50ms), ::getpid());
  REQUIRE(hold);
  CHECK_FALSE(hold->is_held());
  const auto told = journal.submit("r-1", "a", Json::object(), Durability::process);
  CHECK_FALSE(end_of(journal, told).has_value());
  dead.reset();
  REQUIRE(journal.await_written(soon()));
  CHECK(hold->is_held());
  CHECK(SplitLock::is_held(scratch.path, "ci"));
  CHECK(journal.events("r-1").value().size() == 1);
}

TEST_CASE("an event that another process's lock keeps out is written when the lock is given back, if it was queued") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  sqlite3* other = nullptr;
  sqlite3_open(scratch.path.c_str(), &other);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto queued = journal.submit("r-1", "a", Json::object(), Durability::process);
  const auto kept_out = journal.written(queued, soon());
  REQUIRE(kept_out.has_value());
  REQUIRE_FALSE(*kept_out);
  CHECK(kept_out->error().kind == ErrorKind::timed_out);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  REQUIRE(journal.await_written(soon()));
  CHECK(journal.events("r-1").value().size() == 1);
}

// What a journal still holds after its writer was killed, its disk failed or its file went away.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

namespace {

std::atomic<int> syncs = 0;
std::atomic<bool> syncs_fail = false;
std::atomic<bool> folder_syncs_fail = false;

bool is_folder(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

int sync_or_fail(int number, int fd) {
  ++syncs;
  if (!syncs_fail && !(folder_syncs_fail && is_folder(fd))) return static_cast<int>(::syscall(number, fd));
  errno = EIO;
  return -1;
}

}  // namespace

// SQLite is linked as a shared library and finds these first.
extern "C" int fdatasync(int fd) {
  return sync_or_fail(SYS_fdatasync, fd);
}
extern "C" int fsync(int fd) {
  return sync_or_fail(SYS_fsync, fd);
}

TEST_CASE("a disk event is synced before append returns, a process event is not") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  const auto syncs_of = [&](Durability durability) {
    const int before = syncs;
    REQUIRE(journal.append("r-1", "a", Json::object(), durability));
    return syncs - before;
  };
  syncs_of(Durability::disk);  // the first one writes the log's header too
  CHECK(syncs_of(Durability::disk) == 1);
  CHECK(syncs_of(Durability::process) == 0);
  CHECK(syncs_of(Durability::process) == 0);
  CHECK(syncs_of(Durability::disk) == 1);
}

TEST_CASE("after a sync that failed the journal is closed to writing, although the next sync would succeed") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(journal.append("r-1", "before", Json::object(), Durability::disk));
  syncs_fail = true;
  const auto failed = journal.append("r-1", "lost", Json::object(), Durability::disk);
  syncs_fail = false;
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::failed);
  const auto after = journal.append("r-1", "after", Json::object(), Durability::disk);
  REQUIRE_FALSE(after);
  CHECK(after.error().what == "the journal is closed to writing");
  CHECK(journal.events("r-1").value().size() == 1);
  CHECK(opened(scratch.path).verify_chain());
}

TEST_CASE("a new journal whose name may be lost with the power is not used") {
  const Scratch scratch;
  const std::string path = GENERATE(true, false) ? scratch.path : (scratch.folder / "a/journal").string();
  folder_syncs_fail = true;
  const auto journal = Journal::open(path, soon());
  folder_syncs_fail = false;
  REQUIRE_FALSE(journal);
  CHECK(journal.error().kind == ErrorKind::failed);
  CHECK(journal.error().object == scratch.folder);
  CHECK(journal.error().seen == "Input/output error");
  CHECK(opened(path).verify_chain());
}

TEST_CASE("after a full disk the journal is closed to writing, and what it acknowledged is there") {
  const Scratch scratch;
  opened(scratch.path);
  const auto child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    auto journal = Journal::open(scratch.path, soon());
    const rlimit full{200'000, RLIM_INFINITY};
    const rlimit room{RLIM_INFINITY, RLIM_INFINITY};
    if (!journal || ::setrlimit(RLIMIT_FSIZE, &full) != 0) return 101;
    int written = 0;
    while (written < 100 && journal->append("r-1", "a", Json{{"text", std::string(8'000, 'x')}}, Durability::disk))
      ++written;
    ::setrlimit(RLIMIT_FSIZE, &room);
    if (journal->append("r-1", "a", Json::object(), Durability::disk)) return 102;
    return written;
  });
  const int written = exit_of(child);
  REQUIRE(written > 0);
  REQUIRE(written < 100);
  auto journal = opened(scratch.path);
  CHECK(journal.verify_chain());
  CHECK(journal.events("r-1").value().size() == static_cast<std::size_t>(written));
  CHECK(journal.append("r-1", "a", Json::object(), Durability::disk));
}

TEST_CASE("a writer that is killed at any moment leaves a whole chain with all that it acknowledged") {
  std::mt19937 random(7);
  int acknowledged_in_all = 0;
  for (int round = 0; round < 25; ++round) {
    const Scratch scratch;
    opened(scratch.path);
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const auto child = in_child([&] {
      auto journal = Journal::open(scratch.path, soon());
      for (int i = 0; journal && i < 100'000; ++i) {
        const auto event =
            journal->append("r-1", "a", Json{{"i", i}}, i % 3 == 0 ? Durability::disk : Durability::process);
        if (!event || ::write(ends[1], &event->seq, sizeof event->seq) < 0) return 1;
      }
      return 1;
    });
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    ::kill(child, SIGKILL);
    CHECK(exit_of(child) == 128 + SIGKILL);
    std::int64_t acknowledged = 0;
    while (::read(ends[0], &acknowledged, sizeof acknowledged) > 0) continue;
    ::close(ends[0]);
    const auto journal = opened(scratch.path);
    CHECK(journal.verify_chain());
    CHECK(static_cast<std::int64_t>(journal.events("r-1").value().size()) >= acknowledged);
    acknowledged_in_all += static_cast<int>(acknowledged);
  }
  CHECK(acknowledged_in_all > 0);
}

TEST_CASE("a journal whose file was replaced or removed is closed to writing") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(journal.append("r-1", "a", Json::object(), Durability::disk));
  std::filesystem::rename(scratch.path, scratch.path + ".old");
  if (GENERATE(true, false)) std::filesystem::copy_file(scratch.path + ".old", scratch.path);
  const auto lost = journal.append("r-1", "a", Json::object(), Durability::disk);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().what == "the journal's file was replaced, renamed or removed");
  CHECK(journal.append("r-1", "a", Json::object(), Durability::disk).error().what ==
        "the journal is closed to writing");
}

TEST_CASE(
    "a journal whose file was taken away is not made anew beside its log, and holds all that it acknowledged when it "
    "is back") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  for (int i = 0; i < 20; ++i) REQUIRE(journal.append("r-1", "a", Json::object(), Durability::disk));
  std::filesystem::rename(scratch.path, scratch.path + ".away");
  const auto anew = Journal::open(scratch.path, Deadline::in(std::chrono::seconds(1)));
  REQUIRE_FALSE(anew);
  CHECK(anew.error().what == "the journal's file has gone, and its log is still there");
  CHECK(anew.error().seen == scratch.path + "-wal");
  CHECK_FALSE(std::filesystem::exists(scratch.path));
  std::filesystem::rename(scratch.path + ".away", scratch.path);
  const auto back = opened(scratch.path);
  CHECK(back.verify_chain());
  CHECK(back.events("r-1").value().size() == 20);
}

TEST_CASE("who resumes a run makes no journal where there is none") {
  const Scratch scratch;
  const auto none = Journal::open_existing(scratch.path, Deadline::in(std::chrono::seconds(1)));
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::not_ready);
  CHECK_FALSE(std::filesystem::exists(scratch.path));
  REQUIRE(opened(scratch.path).append("r-1", "a", Json::object(), Durability::disk));
  CHECK(Journal::open_existing(scratch.path, Deadline::in(std::chrono::seconds(1)))
            .value()
            .events("r-1")
            .value()
            .size() == 1);
}

TEST_CASE("a process that holds the journal's lock for too long is reported in bounded time, and does not close it") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  sqlite3* other = nullptr;
  sqlite3_open(scratch.path.c_str(), &other);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto begun = Monotonic::now();
  const auto blocked = journal.append("r-1", "a", Json::object(), Durability::disk);
  CHECK(Monotonic::now() - begun < std::chrono::seconds(4));
  REQUIRE_FALSE(blocked);
  CHECK(blocked.error().kind == ErrorKind::timed_out);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  CHECK(journal.append("r-1", "a", Json::object(), Durability::disk));
}

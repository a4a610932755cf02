#include "journal/samples.h"

#include <sys/stat.h>

#include <fstream>

#include "scratch.h"

namespace pgcleave::journal {

TEST_CASE("samples come back by time, whole, from the file beside the journal") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  CHECK(path == scratch.path + ".samples");
  auto samples = opened_samples(path);
  REQUIRE(samples.append(a_round(1000)));
  REQUIRE(samples.append(a_round(3000, "r-1")));
  REQUIRE(samples.append(a_round(2000)));
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const auto reader = Samples::open_to_read(path, soon());
  REQUIRE(reader);
  const auto seen = reader->between(1500, 3000);
  REQUIRE(seen);
  REQUIRE(seen->size() == 4);
  CHECK(reader->between(1500, 2999)->size() == 2);
  CHECK(seen->front().at_us == 2000);
  CHECK(seen->back().at_us == 3000);
  CHECK(seen->back().run == "r-1");
  CHECK(seen->back().scope == "source");
  CHECK(seen->back().name == "commits_per_s");
  CHECK(seen->back().value == 812.5);
}

TEST_CASE("several processes may write samples, and what was written is there after the file is opened again") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  std::vector<pid_t> children;
  for (int child = 0; child < 3; ++child) {
    children.push_back(in_child([&, child] {
      auto samples = Samples::open(path, soon());
      if (!samples) return 1;
      for (int i = 0; i < 30; ++i) {
        if (!samples->append(a_round(i * 1000, "r-" + std::to_string(child)))) return 2;
      }
      return 0;
    }));
  }
  for (const auto child : children) CHECK(exit_of(child) == 0);
  auto samples = opened_samples(path);
  CHECK(samples.between(0, 1'000'000)->size() == 180);
}

TEST_CASE("what is no file of samples is left alone and named") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  CHECK(Samples::open_to_read(path, soon()).error().kind == ErrorKind::not_ready);
  std::ofstream(path) << "something else, and long enough to be looked at\n";
  const auto text = Samples::open(path, soon());
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ErrorKind::invalid);
  CHECK(text.error().what == "is no samples' file");
  std::filesystem::remove(path);
  {
    auto journal = opened(path);
  }
  const auto journal = Samples::open(path, soon());
  REQUIRE_FALSE(journal);
  CHECK(journal.error().what == "is another program's database");
  REQUIRE(journal::Journal::open(path, soon()));  // still one
  CHECK_FALSE(Samples::open((scratch.folder / "no folder" / "x").string(), soon()));
}

TEST_CASE("a file of samples of a newer format is refused") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  {
    auto samples = opened_samples(path);
  }
  REQUIRE(raw(path, "PRAGMA user_version = 2") == 0);
  CHECK(Samples::open(path, soon()).error().seen == "format 2");
}

TEST_CASE(
    "another version's or program's samples are not read either, and a database in their place is left as it is") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  {
    auto samples = opened_samples(path);
  }
  REQUIRE(raw(path, "PRAGMA user_version = 2") == 0);
  CHECK(Samples::open_to_read(path, soon()).error().what == "the samples' format is not known to this pgcleave");
  std::filesystem::remove(path);
  REQUIRE(raw(path, "CREATE TABLE t (x)") == 0);
  const auto refused = Samples::open(path, soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "is another program's database");
  CHECK(refused.error().hint == "remove or rename the file: it holds samples only");
  CHECK(raw(path, "SELECT x FROM t") == 0);
  CHECK(raw(path, "SELECT * FROM series") != 0);
}

TEST_CASE("samples that can't be created or reached are an error that names their file") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  std::filesystem::create_symlink(scratch.folder / "elsewhere", path);
  CHECK_FALSE(Samples::open(path, soon()));
  CHECK_FALSE(std::filesystem::exists(scratch.folder / "elsewhere"));
  std::filesystem::remove(path);
  const AsNobody nobody(scratch);
  ::chmod(scratch.folder.c_str(), 0500);
  const auto refused = Samples::open(path, soon());
  ::chmod(scratch.folder.c_str(), 0700);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "the samples' file can't be created");
  CHECK(refused.error().seen == "Permission denied");
  {
    auto samples = opened_samples(path);
  }
  ::chmod(path.c_str(), 0000);
  const auto closed = Samples::open_to_read(path, soon());
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind == ErrorKind::invalid);
  CHECK(closed.error().object == path);
  CHECK(closed.error().what == "the samples' file can't be opened");
  ::chmod(path.c_str(), 0400);
  const auto written = opened_samples(path).append(a_round(1000));
  REQUIRE_FALSE(written);
  CHECK(written.error().what == "the samples' file is read-only");
}

TEST_CASE(
    "a round of samples that meets another writer is refused whole in bounded time, and the next one is written") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  opened_samples(path);
  auto samples = std::move(Samples::open(path, Deadline::in(std::chrono::milliseconds(100))).value());
  sqlite3* other = nullptr;
  sqlite3_open(path.c_str(), &other);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto blocked = samples.append(a_round(1000));
  const auto late = Samples::open(path, Deadline::in(std::chrono::milliseconds(50)));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  REQUIRE_FALSE(blocked);
  CHECK(blocked.error().kind == ErrorKind::timed_out);
  CHECK(blocked.error().what == "the samples' file was locked by another process all the time");
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timed_out);
  CHECK(late.error().object == path);
  REQUIRE(samples.append(a_round(2000)));
  CHECK(samples.between(0, 5000)->size() == 2);
}

TEST_CASE("samples whose tables are taken away while they are open give errors") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  auto samples = opened_samples(path);
  REQUIRE(samples.append(a_round(1000)));
  REQUIRE(raw(path, "DROP VIEW sample; DROP TABLE value; DROP TABLE series") == 0);
  for (int i = 0; i < 2; ++i) {
    CHECK(samples.append(a_round(2000)).error().seen == "no such table: value");
    CHECK(samples.between(0, 5000).error().seen == "no such table: sample");
  }
}

TEST_CASE("a round of samples of which one is rejected is not there at all") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  auto samples = opened_samples(path);
  REQUIRE(
      raw(path,
          "CREATE TRIGGER t BEFORE INSERT ON value WHEN NEW.value < 0 BEGIN SELECT RAISE(ABORT, 'negative'); END") ==
      0);
  auto round = a_round(1000);
  round.back().value = -1;
  CHECK(samples.append(round).error().seen == "negative");
  CHECK(samples.between(0, 5000)->empty());
  REQUIRE(samples.append(a_round(2000)));
  CHECK(samples.between(0, 5000)->size() == 2);
}

}  // namespace pgcleave::journal

// Journals that this user may not write, read or create, and files that only look like one.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

namespace {

Error refused_to_read(const std::string& path) {
  const auto journal = Journal::open_to_read(path, soon());
  if (journal) FAIL("the journal was opened");
  return journal.error();
}

struct InFolder {
  explicit InFolder(const std::filesystem::path& folder) { std::filesystem::current_path(folder); }
  ~InFolder() { std::filesystem::current_path(before); }
  std::filesystem::path before = std::filesystem::current_path();
};

}  // namespace

TEST_CASE("a journal that may not be written is refused, but can be read") {
  const Scratch scratch;
  const AsNobody nobody(scratch);
  fill(scratch.path, 1);
  ::chmod(scratch.path.c_str(), 0400);
  const auto error = refused(scratch.path);
  CHECK(error.kind == ErrorKind::invalid);
  CHECK(error.what == "the journal can't be written");
  CHECK(error.seen == "Permission denied");
  CHECK(Journal::open_to_read(scratch.path, soon()));
}

TEST_CASE("a journal that may not be read is refused to readers") {
  const Scratch scratch;
  const AsNobody nobody(scratch);
  fill(scratch.path, 1);
  ::chmod(scratch.path.c_str(), 0000);
  CHECK(refused_to_read(scratch.path).what == "the journal can't be read");
  CHECK(refused_to_read(scratch.path).hint == "look at the modes of the file and its folder");
}

TEST_CASE("another user's journal is read by who may, and its owner's uid is given to who wants to write") {
  if (::geteuid() != 0) return;  // only root can make one
  const Scratch scratch;
  fill(scratch.path, 1);
  ::chmod(scratch.path.c_str(), 0666);
  const AsNobody nobody(scratch);
  const auto error = refused(scratch.path);
  CHECK(error.what == "the journal belongs to another user");
  CHECK(error.expected == "uid 65534");
  CHECK(error.seen == "uid 0");
  CHECK(Journal::open_to_read(scratch.path, soon()).value().events("r-1").value().size() == 1);
}

TEST_CASE("in a folder that may not be written no journal is created") {
  const Scratch scratch;
  const AsNobody nobody(scratch);
  ::chmod(scratch.folder.c_str(), 0500);
  const auto here = refused(scratch.path);
  CHECK(here.kind == ErrorKind::invalid);
  CHECK(here.object == scratch.path);
  CHECK(here.expected == "a folder that this user may write");
  const auto below = refused(scratch.folder / "a/b/journal");
  CHECK(below.what == "the journal's folder can't be created");
  CHECK(below.object == scratch.folder / "a");
  CHECK(std::filesystem::is_empty(scratch.folder));
  ::chmod(scratch.folder.c_str(), 0700);
}

TEST_CASE("a journal in a folder that can be entered but not listed is not acknowledged as created") {
  const Scratch scratch;
  const AsNobody nobody(scratch);
  ::chmod(scratch.folder.c_str(), 0300);
  const auto error = refused(scratch.path);
  CHECK(error.kind == ErrorKind::failed);
  CHECK(error.object == scratch.folder);
  CHECK(error.what == "the folder can't be written to disk");
  CHECK(error.seen == "Permission denied");
  ::chmod(scratch.folder.c_str(), 0700);
}

TEST_CASE("where a file stands in a folder's place no journal is created, and the file stays") {
  const Scratch scratch;
  std::ofstream(scratch.folder / "file") << "text";
  const auto error = refused(scratch.folder / "file/journal");
  CHECK(error.kind == ErrorKind::invalid);
  CHECK(error.seen == "Not a directory");
  CHECK(refused(scratch.folder / "file/a/journal").what == "the journal's folder can't be created");
  CHECK(std::filesystem::file_size(scratch.folder / "file") == 4);
}

TEST_CASE("a journal's path may be relative, in the working folder or below it") {
  const Scratch scratch;
  const InFolder there(scratch.folder);
  fill("journal", 1);
  fill("a/b/journal", 1);
  CHECK(std::filesystem::exists(scratch.path));
  CHECK(opened((scratch.folder / "a/b/journal").string()).events("r-1").value().size() == 1);
}

TEST_CASE("a symbolic link to nowhere is no place for a journal, and nothing is created where it leads") {
  const Scratch scratch;
  std::filesystem::create_symlink(scratch.folder / "elsewhere", scratch.path);
  CHECK(refused(scratch.path).what == "is no journal");
  CHECK_FALSE(std::filesystem::exists(scratch.folder / "elsewhere"));
}

TEST_CASE("a folder that is a link to nowhere is not created elsewhere") {
  const Scratch scratch;
  std::filesystem::create_symlink(scratch.folder / "elsewhere", scratch.folder / "link");
  CHECK(refused(scratch.folder / "link/journal").kind == ErrorKind::invalid);
  CHECK_FALSE(std::filesystem::exists(scratch.folder / "elsewhere"));
}

TEST_CASE("a journal that somebody took out of WAL mode is refused with the command that fixes it") {
  const Scratch scratch;
  fill(scratch.path, 3);
  REQUIRE(raw(scratch.path, "PRAGMA journal_mode = DELETE") == SQLITE_OK);
  const auto error = refused(scratch.path);
  CHECK(error.what == "the journal is not in WAL mode");
  CHECK(error.seen == "delete");
  CHECK(error.hint == "sqlite3 '" + scratch.path + "' 'PRAGMA journal_mode = WAL'");
  REQUIRE(raw(scratch.path, "PRAGMA journal_mode = WAL") == SQLITE_OK);
  CHECK(opened(scratch.path).verify_chain());
}

TEST_CASE("a journal that is locked by another process is given up in time, and was not called damaged") {
  const Scratch scratch;
  fill(scratch.path, 3);
  sqlite3* other = nullptr;
  sqlite3_open(scratch.path.c_str(), &other);
  REQUIRE(sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  const auto begun = Monotonic::now();
  const auto child = in_child([&] {
    const auto journal = Journal::open(scratch.path, Deadline::in(std::chrono::milliseconds(50)));
    return !journal && journal.error().kind == ErrorKind::timed_out &&
                   journal.error().what == "the journal was locked by another process all the time"
               ? 0
               : 1;
  });
  CHECK(exit_of(child) == 0);
  CHECK(Monotonic::now() - begun < std::chrono::seconds(3));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  CHECK(opened(scratch.path).verify_chain());
}

TEST_CASE("a large journal is opened by its end: damage in its middle is found by verifying it") {
  const Scratch scratch;
  {
    auto journal = opened(scratch.path);
    for (int i = 0; i < 200; ++i)
      REQUIRE(journal.append("r-1", "a", Json{{"t", std::string(30'000, 'x')}}, Durability::process));
  }
  std::fstream file(scratch.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(scratch.path)) / 3);
  file << std::string(8192, '\xff');
  file.close();
  const auto journal = opened(scratch.path);
  const auto broken = journal.verify_chain();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ErrorKind::failed);
  CHECK(broken.error().what.find("the journal") == 0);
}

TEST_CASE("a large journal whose end is damaged is refused") {
  const Scratch scratch;
  {
    auto journal = opened(scratch.path);
    for (int i = 0; i < 1500; ++i)
      REQUIRE(journal.append("r-1", "a", Json{{"t", std::string(3'000, 'x')}}, Durability::process));
  }
  std::fstream file(scratch.path, std::ios::in | std::ios::out | std::ios::binary);
  const auto pages = static_cast<std::streamoff>(std::filesystem::file_size(scratch.path)) / 4096;
  REQUIRE(pages > 1024);
  file.seekp((pages - 30) * 4096);
  file << std::string(4096, '\xff');
  file.close();
  const auto error = refused(scratch.path);
  CHECK(error.kind == ErrorKind::invalid);
  CHECK(error.what == "the journal is damaged");
  CHECK(refused_to_read(scratch.path).kind == ErrorKind::invalid);
}

TEST_CASE(
    "an event whose data was overwritten with text that is no JSON is shown without data, and verifying names it") {
  const Scratch scratch;
  fill(scratch.path, 100);
  forge(scratch.path, "UPDATE event SET data = '{broken' WHERE seq = 5");
  const auto journal = opened(scratch.path);
  const auto events = journal.events("r-1").value();
  REQUIRE(events.size() == 100);
  CHECK(events[4].data.is_null());
  CHECK(events[5].data == Json{{"i", 5}});
  CHECK(journal.verify_chain().error().what == "the journal's chain is broken at event 5 (a of run r-1)");
}

TEST_CASE("a journal whose table is taken away while it is open gives errors, and takes no more events") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(journal.append("r-1", "a", Json::object(), Durability::disk));
  REQUIRE(raw(scratch.path, "DROP TABLE event") == SQLITE_OK);
  for (int i = 0; i < 2; ++i) {
    CHECK(journal.events("r-1").error().seen.find("no such table: event") == 0);
    CHECK(journal.events_of_type("a").error().object == scratch.path);
    CHECK_FALSE(journal.verify_chain());
  }
  CHECK(journal.append("r-1", "a", Json::object(), Durability::disk).error().what == "the journal's database refused");
  CHECK(journal.append("r-1", "a", Json::object(), Durability::disk).error().what ==
        "the journal is closed to writing");
}

TEST_CASE("an event that a foreign trigger rejects is not in the journal, which takes no more") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(raw(scratch.path, "CREATE TRIGGER t BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'not here'); END") ==
          SQLITE_OK);
  const auto rejected = journal.append("r-1", "a", Json::object(), Durability::disk);
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().seen == "not here");
  CHECK(rejected.error().hint.find("pgcleave resume") != std::string::npos);
  CHECK(journal.events("r-1").value().empty());
  CHECK(journal.append("r-1", "a", Json::object(), Durability::disk).error().seen ==
        "an earlier error: the journal's database refused");
}

#include "journal/journal_file.h"

#include <sys/stat.h>

#include <fstream>

#include "base/file.h"
#include "base/sha256.h"
#include "base/version.h"
#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

namespace {

std::string sha256_of(const std::string& path) {
  return sha256(read_file(path, 1U << 20).value());
}

void flip_byte(const std::string& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const auto byte = static_cast<char>(file.get() ^ 0x01);
  file.seekp(at);
  file.put(byte);
}

}  // namespace

TEST_CASE("a new journal and its folders are for their owner only, and nothing is left beside it") {
  const Scratch scratch;
  const std::string path = scratch.folder / "a/b/journal";
  {
    fill(path, 1);
  }
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  REQUIRE(::stat((scratch.folder / "a").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0700);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.folder / "a/b")) files += entry.exists() ? 1 : 0;
  CHECK(files == 1);
}

TEST_CASE("there is nothing to read where there is no journal") {
  const Scratch scratch;
  CHECK(Journal::open_to_read(scratch.path, soon()).error().kind == ErrorKind::not_ready);
  CHECK_FALSE(std::filesystem::exists(scratch.path));
}

TEST_CASE("events can be neither changed nor removed nor replaced nor inserted before others") {
  const Scratch scratch;
  fill(scratch.path, 3);
  CHECK(raw(scratch.path, "UPDATE event SET data = '{}'") == SQLITE_CONSTRAINT);
  CHECK(raw(scratch.path, "DELETE FROM event") == SQLITE_CONSTRAINT);
  CHECK(raw(scratch.path, "INSERT OR REPLACE INTO event VALUES (2, 'r', 0, 0, 'a', '{}', '')") == SQLITE_CONSTRAINT);
  CHECK(raw(scratch.path, "INSERT INTO event VALUES (0, 'r', 0, 0, 'a', '{}', '')") == SQLITE_CONSTRAINT);
  CHECK(raw(scratch.path, "INSERT INTO event VALUES (9, 'r', 0, 0, 'a', '{}', '')") == SQLITE_CONSTRAINT);
  CHECK(opened(scratch.path).verify_chain());
}

TEST_CASE("an event that was forged breaks the chain there") {
  const std::string change =
      GENERATE("data = '{\"i\":9}'", "run = 'r-2'", "at_us = at_us + 1", "type = 'b'", "hash = 'x' || substr(hash, 2)");
  const Scratch scratch;
  fill(scratch.path, 200);
  forge(scratch.path, "UPDATE event SET " + change + " WHERE seq = 20");
  const auto broken = opened(scratch.path).verify_chain();
  INFO(change);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ErrorKind::failed);
  CHECK(broken.error().what.find("event 20 ") != std::string::npos);
}

TEST_CASE("times that no clock tells are read as none, and what was no JSON as nothing") {
  const Scratch scratch;
  fill(scratch.path, 200);
  forge(scratch.path,
        "UPDATE event SET at_us = -9223372036854775807, mono_us = 9223372036854775807, data = '{' WHERE seq = 20");
  const auto events = opened(scratch.path).events("r-1");
  REQUIRE(events);
  const auto& forged = events->at(19);
  CHECK(forged.at_us == 0);
  CHECK(forged.mono_us == 0);
  CHECK(forged.data == nullptr);
  CHECK(events->at(18).at_us > 0);
}

TEST_CASE("an event that was removed breaks the chain at the next one") {
  const Scratch scratch;
  fill(scratch.path, 200);
  forge(scratch.path, "DELETE FROM event WHERE seq = 20");
  const auto broken = opened(scratch.path).verify_chain();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what.find("before event 21 ") != std::string::npos);
}

TEST_CASE("a broken chain near its end is noticed when the journal is opened") {
  const Scratch scratch;
  fill(scratch.path, 200);
  forge(scratch.path, "UPDATE event SET data = '{}' WHERE seq = 180");
  CHECK(refused(scratch.path).kind == ErrorKind::invalid);
  CHECK(Journal::open_to_read(scratch.path, soon()).error().what.find("event 180 ") != std::string::npos);
}

TEST_CASE("a journal without its triggers is refused") {
  const Scratch scratch;
  fill(scratch.path, 1);
  REQUIRE(raw(scratch.path, "DROP TRIGGER event_is_never_removed") == SQLITE_OK);
  CHECK(refused(scratch.path).kind == ErrorKind::invalid);
}

TEST_CASE(
    "a journal of a newer schema is refused with what was expected, what was seen and what to do, and stays as it is") {
  const Scratch scratch;
  fill(scratch.path, 1);
  REQUIRE(raw(scratch.path, "PRAGMA user_version = 2") == SQLITE_OK);
  const auto nameless = refused(scratch.path);
  CHECK(nameless.kind == ErrorKind::invalid);
  CHECK(nameless.seen == "schema 2");
  REQUIRE(raw(scratch.path, "PRAGMA user_version = 1") == SQLITE_OK);
  {
    auto journal = opened(scratch.path);
    REQUIRE(journal.append("r-2", "run.begun", {{"version", "9.8.6"}}, Durability::process));
    REQUIRE(journal.append("r-2", "run.resumed", {{"version", "9.8.7"}}, Durability::process));
  }
  REQUIRE(raw(scratch.path, "PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
  const auto before = sha256_of(scratch.path);
  for (const auto& error : {refused(scratch.path), Journal::open_to_read(scratch.path, soon()).error()}) {
    CHECK(error.what == "the journal has a newer schema than this pgcleave knows");
    CHECK(error.expected == std::string("schema 1, of pgcleave ") + version());
    CHECK(error.seen == "schema 2, last written by pgcleave 9.8.7");
    CHECK(error.hint.find("use the pgcleave that wrote it or a newer one") == 0);
  }
  CHECK(sha256_of(scratch.path) == before);
  // A schema that this program can't read says so as clearly.
  REQUIRE(raw(scratch.path, "ALTER TABLE event RENAME TO events; PRAGMA user_version = 3") == SQLITE_OK);
  CHECK(refused(scratch.path).seen == "schema 3");
  REQUIRE(raw(scratch.path, "PRAGMA user_version = 0") == SQLITE_OK);
  CHECK(refused(scratch.path).what == "the journal's schema is not known to this pgcleave");
}

TEST_CASE("another program's database is refused") {
  const Scratch scratch;
  fill(scratch.path, 1);
  REQUIRE(raw(scratch.path, "PRAGMA user_version = 1; PRAGMA application_id = 42") == SQLITE_OK);
  CHECK(refused(scratch.path).what == "is another program's database");
  REQUIRE(raw(scratch.folder / "fresh", "CREATE TABLE t (x)") == SQLITE_OK);
  CHECK(refused(scratch.folder / "fresh").what == "is another program's database");
}

TEST_CASE("what is no journal is refused and left as it is") {
  const Scratch scratch;
  std::ofstream(scratch.path) << std::string(5000, 'x');
  CHECK(refused(scratch.path).kind == ErrorKind::invalid);
  CHECK(std::filesystem::file_size(scratch.path) == 5000);
  CHECK(refused(scratch.folder).kind == ErrorKind::invalid);
  std::ofstream(scratch.folder / "empty").flush();
  CHECK(refused(scratch.folder / "empty").seen == "an empty file");
}

TEST_CASE("a symbolic link is not followed") {
  const Scratch scratch;
  fill(scratch.path, 1);
  std::filesystem::create_symlink(scratch.path, scratch.folder / "link");
  CHECK(refused(scratch.folder / "link").kind == ErrorKind::invalid);
}

TEST_CASE("a journal that was cut is refused") {
  const Scratch scratch;
  fill(scratch.path, 200);
  const auto size = std::filesystem::file_size(scratch.path);
  std::filesystem::resize_file(scratch.path, GENERATE(0, 1, 2, 3) * size / 4);
  CHECK(refused(scratch.path).kind == ErrorKind::invalid);
}

TEST_CASE("no flipped byte in any page goes unnoticed by opening and verifying, or else it changed nothing") {
  const Scratch scratch;
  fill(scratch.path, 60);
  const auto before = opened(scratch.path).events("r-1").value();
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(scratch.path));
  for (std::streamoff at = 0; at < size; at += 97) {
    INFO("byte " << at);
    flip_byte(scratch.path, at);
    if (const auto journal = Journal::open_to_read(scratch.path, soon()); journal && journal->verify_chain()) {
      const auto after = journal->events("r-1");
      REQUIRE(after);
      CHECK(after->size() == before.size());
      CHECK(after->back().hash == before.back().hash);
    }
    flip_byte(scratch.path, at);
  }
}

TEST_CASE("another user's journal is refused, except for root") {
  if (::geteuid() != 0) return;  // only root can make one
  const Scratch scratch;
  fill(scratch.path, 1);
  ::chmod(scratch.folder.c_str(), 0777);
  ::chmod(scratch.path.c_str(), 0666);
  REQUIRE(::chown(scratch.path.c_str(), 12345, 12345) == 0);
  CHECK(Journal::open(scratch.path, soon()));
  const auto as_other = in_child([&] {
    if (::setgid(12346) != 0 || ::setuid(12346) != 0) return 2;
    const auto journal = Journal::open(scratch.path, soon());
    return !journal && journal.error().what == "the journal belongs to another user" ? 0 : 1;
  });
  CHECK(exit_of(as_other) == 0);
}

TEST_CASE("a database without room says so") {
  const Scratch scratch;
  fill(scratch.path, 1);
  auto database = Database::open(scratch.path, Access::write);
  REQUIRE(database->execute("PRAGMA max_page_count = 20"));
  const auto full = database->execute("INSERT INTO event VALUES (2, 'r', 0, 0, 'a', hex(zeroblob(200000)), '')");
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::failed);
  CHECK(full.error().what == "there is no room to write the journal");
}

TEST_CASE("a table that is being read can't be dropped, and the reason is a lock") {
  const Scratch scratch;
  fill(scratch.path, 2);
  auto database = Database::open(scratch.path, Access::write);
  auto reading = database->prepare("SELECT seq FROM event");
  REQUIRE(reading->step().value());
  const auto dropped = database->execute("DROP TABLE event");
  REQUIRE_FALSE(dropped);
  CHECK(dropped.error().kind == ErrorKind::timed_out);
  CHECK(reading->step().value());
}

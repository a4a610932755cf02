#include "journal/samples.h"

#include <sys/stat.h>

#include <fstream>

#include "scratch.h"

namespace pgcleave::journal {
namespace {

Samples opened_samples(const std::string& path) {
  auto samples = Samples::open(path, soon());
  if (!samples) FAIL(samples.error().text());
  return std::move(*samples);
}

std::vector<Sample> a_round(std::int64_t at_us, const std::string& run = "") {
  return {{at_us, run, "source", "commits_per_s", 812.5}, {at_us, run, "pool app at bouncer-1", "clients.waiting", 3}};
}

}  // namespace

TEST_CASE("samples come back by time, whole, from the file beside the journal") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  CHECK(path == scratch.path + ".samples");
  auto samples = opened_samples(path);
  REQUIRE(samples.append(a_round(1000)));
  REQUIRE(samples.append(a_round(3000, "r-1")));
  REQUIRE(samples.append(a_round(2000)));
  struct stat info {};
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
  { auto journal = opened(path); }
  const auto journal = Samples::open(path, soon());
  REQUIRE_FALSE(journal);
  CHECK(journal.error().what == "is another program's database");
  REQUIRE(journal::Journal::open(path, soon()));  // still one
  CHECK_FALSE(Samples::open((scratch.folder / "no folder" / "x").string(), soon()));
}

TEST_CASE("a file of samples of a newer format is refused") {
  const Scratch scratch;
  const auto path = samples_path(scratch.path);
  { auto samples = opened_samples(path); }
  REQUIRE(raw(path, "PRAGMA user_version = 2") == 0);
  CHECK(Samples::open(path, soon()).error().seen == "format 2");
}

}  // namespace pgcleave::journal

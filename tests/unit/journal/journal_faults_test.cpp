// Each call that SQLite makes for the journal fails once: what was acknowledged stays, and nobody is told something
// else.
#include "faults.h"
#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

namespace {

constexpr int events_before = 80;

struct Filled {
  Scratch scratch;
  std::vector<std::string> before;

  Filled() {
    auto journal = opened(scratch.path);
    for (int i = 0; i < events_before; ++i) {
      before.push_back(
          journal.append("r-1", "a", Json{{"i", i}, {"text", std::string(90, 'x')}}, Durability::process).value().hash);
    }
  }
};

std::vector<std::string> hashes(const std::vector<Event>& events) {
  std::vector<std::string> found;
  for (const auto& event : events) found.push_back(event.hash);
  return found;
}

std::vector<std::string> kept(const std::string& path) {
  const auto journal = opened(path);
  REQUIRE(journal.verify_chain());
  return hashes(journal.events("r-1").value());
}

void check_says_something(const Error& error) {
  INFO(error.text());
  CHECK_FALSE(error.what.empty());
  CHECK_FALSE(error.object.empty());
  CHECK(error.what.find("triggers") == std::string::npos);
}

}  // namespace

TEST_CASE("a journal that can't be opened because of the machine says so, and is what it was") {
  const WatchedMemory watched;
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting, Fault::lock, Fault::memory, Fault::memory_lasting);
  const bool to_write = GENERATE(true, false);
  const Filled filled;
  const auto& path = filled.scratch.path;
  const int faults = at_each_call(fault, [&](int at) {
    const Failing failing(fault, at);
    const auto journal = to_write ? Journal::open(path, at_once()) : Journal::open_to_read(path, at_once());
    if (!journal) check_says_something(journal.error());
    return failing.happened();
  });
  CHECK(faults > 2);
  CHECK(kept(path) == filled.before);
}

TEST_CASE("a journal that can't be created because of the disk says so") {
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting);
  int refused = 0;
  at_each_call(fault, [&](int at) {
    const Scratch scratch;
    const Failing failing(fault, at);
    const auto journal = Journal::open(scratch.path, at_once());
    if (!journal) {
      ++refused;
      check_says_something(journal.error());
    }
    return failing.happened();
  });
  CHECK(refused > 2);
}

TEST_CASE("a journal that could not be created is not there, and leaves nothing behind") {
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting);
  at_each_call(fault, [&](int at) {
    const Scratch scratch;
    bool happened = false;
    {
      const Failing failing(fault, at);
      static_cast<void>(Journal::open(scratch.path, at_once()));
      happened = failing.happened();
    }
    for (const auto& entry : std::filesystem::directory_iterator(scratch.folder))
      CHECK(entry.path().string().find(".new-") == std::string::npos);
    const auto again = Journal::open(scratch.path, soon());
    CHECK((again ? "" : again.error().text()) == "");
    return happened;
  });
}

TEST_CASE("an event that could not be appended leaves the chain whole, and what was acknowledged in it") {
  const WatchedMemory watched;
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting, Fault::memory, Fault::memory_lasting);
  const auto durability = GENERATE(Durability::disk, Durability::process);
  const Filled filled;
  const int faults = at_each_call(fault, [&](int at) {
    const std::string path = filled.scratch.path + "-" + std::to_string(at);
    std::filesystem::copy_file(filled.scratch.path, path);
    auto acknowledged = filled.before;
    bool happened = false;
    {
      auto journal = opened(path);
      const Failing failing(fault, at);
      const auto event = journal.append("r-1", "b", Json{{"text", std::string(9000, 'x')}}, durability);
      if (event) acknowledged.push_back(event->hash);
      if (!event) check_says_something(event.error());
      happened = failing.happened();
    }
    auto now = kept(path);
    REQUIRE(now.size() >= acknowledged.size());
    CHECK(now.size() <= events_before + 1);
    now.resize(acknowledged.size());
    CHECK(now == acknowledged);
    return happened;
  });
  CHECK(faults > 1);
}

TEST_CASE("who reads a journal is given all of it or an error") {
  const WatchedMemory watched;
  const auto fault = GENERATE(Fault::disk, Fault::lock, Fault::memory, Fault::memory_lasting);
  const Filled filled;
  const std::vector<std::function<Result<bool>(const Journal&)>> reads = {
      [&](const Journal& journal) {
        return journal.events("r-1").map([&](const auto& all) { return hashes(all) == filled.before; });
      },
      [&](const Journal& journal) {
        return journal.events_of_type("a").map([&](const auto& all) { return hashes(all) == filled.before; });
      },
      [&](const Journal& journal) { return journal.verify_chain().map([] { return true; }); },
  };
  for (const auto& read : reads) {
    at_each_call(fault, [&](int at) {
      const auto journal = Journal::open_to_read(filled.scratch.path, soon());
      REQUIRE(journal);
      const Failing failing(fault, at);
      const auto right = read(*journal);
      if (right) CHECK(*right);
      if (!right) check_says_something(right.error());
      return failing.happened();
    });
  }
  CHECK(kept(filled.scratch.path) == filled.before);
}

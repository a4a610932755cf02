#include "journal/journal.h"

#include <regex>
#include <thread>

#include "base/sha256.h"
#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

TEST_CASE("what was appended is read back as it was, by who wrote it and by readers") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  const Json data{{"z", 1}, {"a", "ü\n\"'"}, {"list", {1.5, nullptr, true}}};
  const auto written = journal.append("r-1", "run.begun", data, Durability::disk);
  REQUIRE(written);
  CHECK(written->seq == 1);
  const auto reader = Journal::open_to_read(scratch.path, soon());
  REQUIRE(reader);
  for (const Journal* each : {static_cast<const Journal*>(&journal), &*reader}) {
    const auto events = each->events("r-1");
    REQUIRE(events);
    REQUIRE(events->size() == 1);
    const auto& event = events->front();
    CHECK(event.seq == 1);
    CHECK(event.run == "r-1");
    CHECK(event.type == "run.begun");
    CHECK(event.data.dump() == data.dump());
    CHECK(event.hash == written->hash);
    CHECK(event.at_us == written->at_us);
    CHECK(event.mono_us == written->mono_us);
    CHECK(std::abs(event.at_us - utc_now_us()) < 60'000'000);
  }
}

TEST_CASE("each event carries the hash that docs/journal.md gives") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  CHECK(journal.head().value().empty());
  const auto one = journal.append("r-1", "a", Json{{"x", 1}}, Durability::process).value();
  const auto two = journal.append("r-2", "b", Json::object(), Durability::disk).value();
  CHECK(one.hash == sha256("\nr-1\n" + std::to_string(one.at_us) + "\na\n{\"x\":1}"));
  CHECK(two.hash == sha256(one.hash + "\nr-2\n" + std::to_string(two.at_us) + "\nb\n{}"));
  CHECK(journal.head().value() == two.hash);
}

TEST_CASE("events are given per run, after a seq, and per type") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  for (const std::string run : {"r-1", "r-2", "r-1", "r-2", "r-1"}) {
    REQUIRE(journal.append(run, run == "r-1" ? "one" : "two", Json::object(), Durability::process));
  }
  const auto seqs = [](const Result<std::vector<Event>>& events) {
    std::vector<std::int64_t> found;
    for (const auto& event : events.value()) found.push_back(event.seq);
    return found;
  };
  CHECK(seqs(journal.events("r-1")) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(seqs(journal.events("r-1", 3)) == std::vector<std::int64_t>{5});
  CHECK(seqs(journal.events_of_type("two")) == std::vector<std::int64_t>{2, 4});
  CHECK(journal.events("r-3").value().empty());
}

TEST_CASE("a journal goes on where it was after closing and opening") {
  const Scratch scratch;
  {
    REQUIRE(opened(scratch.path).append("r-1", "a", Json::object(), Durability::process));
  }
  auto journal = opened(scratch.path);
  CHECK(journal.append("r-1", "b", Json::object(), Durability::disk).value().seq == 2);
  CHECK(journal.verify_chain());
}

TEST_CASE("text that is not UTF-8 does not break the journal") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  REQUIRE(journal.append("r-1", "a", Json{{"seen", "\xff\xfe"}}, Durability::process));
  CHECK(journal.verify_chain());
  CHECK(journal.events("r-1").value().front().data["seen"] == "\uFFFD\uFFFD");
}

TEST_CASE("an event without a run or with a line break in a name is refused, and the journal stays usable") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  CHECK(journal.append("", "a", Json::object(), Durability::process).error().kind == ErrorKind::invalid);
  CHECK(journal.append("r-1\nx", "a", Json::object(), Durability::process).error().kind == ErrorKind::invalid);
  CHECK(journal.append("r-1", "", Json::object(), Durability::process).error().kind == ErrorKind::invalid);
  CHECK(journal.append("r-1", "a", Json::object(), Durability::process).value().seq == 1);
}

TEST_CASE("a journal that was opened to be read can't be written") {
  const Scratch scratch;
  opened(scratch.path);
  auto reader = Journal::open_to_read(scratch.path, soon());
  CHECK(reader->append("r-1", "a", Json::object(), Durability::disk).error().kind == ErrorKind::invalid);
}

TEST_CASE("a reader sees a growing prefix while the writer writes, and holds up nobody") {
  const Scratch scratch;
  auto journal = opened(scratch.path);
  std::atomic<bool> written = false;
  std::thread writer([&] {
    for (int i = 0; i < 400; ++i) {
      if (!journal.append("r-1", "a", Json{{"i", i}}, i % 50 == 0 ? Durability::disk : Durability::process)) break;
    }
    written = true;
  });
  auto reader = Journal::open_to_read(scratch.path, soon());
  std::size_t seen = 0;
  bool grows = reader.has_value();
  for (bool last = false; grows && !last;) {
    last = written;
    const auto events = reader->events("r-1");
    grows = events && events->size() >= seen &&
            (events->empty() || events->back().seq == static_cast<std::int64_t>(events->size()));
    seen = events ? events->size() : 0;
  }
  writer.join();
  CHECK(grows);
  CHECK(seen == 400);
  CHECK(reader->verify_chain());
}

TEST_CASE("two processes write one chain") {
  const Scratch scratch;
  opened(scratch.path);
  const auto writes = [&](const std::string& run) {
    return in_child([&, run] {
      auto journal = Journal::open(scratch.path, soon());
      for (int i = 0; journal && i < 100; ++i) {
        if (!journal->append(run, "a", Json{{"i", i}}, i % 10 == 0 ? Durability::disk : Durability::process)) return 1;
      }
      return journal ? 0 : 2;
    });
  };
  const auto one = writes("r-1");
  const auto two = writes("r-2");
  CHECK(exit_of(one) == 0);
  CHECK(exit_of(two) == 0);
  const auto journal = opened(scratch.path);
  CHECK(journal.events("r-1").value().size() == 100);
  CHECK(journal.events("r-2").value().size() == 100);
  CHECK(journal.verify_chain());
}

TEST_CASE("two processes that create the journal at once get the same one") {
  for (int round = 0; round < 10; ++round) {
    const Scratch scratch;
    const auto writes = [&](const std::string& run) {
      return in_child([&, run] {
        auto journal = Journal::open(scratch.path, soon());
        return journal && journal->append(run, "a", Json::object(), Durability::disk) ? 0 : 1;
      });
    };
    const auto one = writes("r-1");
    const auto two = writes("r-2");
    CHECK(exit_of(one) == 0);
    CHECK(exit_of(two) == 0);
    CHECK(opened(scratch.path).events_of_type("a").value().size() == 2);
  }
}

TEST_CASE("a run's id holds its time and does not repeat") {
  const auto id = new_run_id();
  CHECK(std::regex_match(id, std::regex("r-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")));
  CHECK(id.substr(2, 4) == utc_now().substr(0, 4));
  int repeated = 0;
  for (int i = 0; i < 20; ++i) repeated += new_run_id() == new_run_id() ? 1 : 0;
  CHECK(repeated < 3);
}

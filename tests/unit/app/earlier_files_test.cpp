// Files that an earlier version wrote, or that were written for it, are read as they were meant (tests/unit/samples).
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "app/files.h"
#include "engine/record.h"
#include "journal/journal.h"
#include "report/run_story.h"

namespace fs = std::filesystem;
using namespace pgcleave;
using namespace std::chrono_literals;

namespace {

// A copy, since an environment's files lie beside it, and SQLite writes beside a journal.
class Samples {
 public:
  Samples() {
    fs::copy(fs::path(PGCLEAVE_SOURCE_DIR) / "tests/unit/samples/2026_11/lab", folder);
    for (const auto* secret : {"passfile", "rest.password"}) std::ofstream(folder / secret) << "a:b:c:d:e\n";
    for (const auto& file : fs::directory_iterator(folder)) fs::permissions(file, fs::perms(0600));
  }
  ~Samples() { fs::remove_all(folder); }

  const fs::path folder = [] {
    auto pattern = (fs::temp_directory_path() / "pgcleave-samples-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
};

std::vector<std::string> texts(const std::vector<config::Problem>& problems) {
  std::vector<std::string> all;
  for (const auto& problem : problems) all.push_back(problem.text());
  return all;
}

constexpr const char* sample_run = "r-20261129-183845-8148";

}  // namespace

TEST_CASE("an environment and a split of an earlier version are read, and a note names the key that has another name") {
  const Samples samples;
  const auto environment = app::read_environment_file(samples.folder / "environment.yml");
  CHECK(texts(environment.problems) == std::vector<std::string>{});
  REQUIRE(environment.value);
  CHECK(environment.value->pools.at(0).bouncers.at(0).shell.empty());
  CHECK(environment.value->pools.at(0).bouncers.at(1).shell == std::vector<std::string>{"ssh", "bouncer-2"});
  CHECK(environment.value->notes.size() == 2);
  const auto split = app::read_split_file(environment.value->split);
  CHECK(texts(split.problems) == std::vector<std::string>{});
  REQUIRE(split.value);
  CHECK(split.value->name == "ci");
}

TEST_CASE("a journal of an earlier version is whole, and its run is what it was") {
  const Samples samples;
  const auto journal = journal::Journal::open_to_read(samples.folder / "journal.db", Deadline::in(10s));
  REQUIRE(journal);
  CHECK(journal->verify_chain());
  const auto events = journal->events(sample_run);
  REQUIRE(events);
  const auto record = engine::replay(*events);
  CHECK(record.state(false) == "rolled back");
  CHECK(record.windows.at(runbook::PhaseKind::window).pause_ms == Approx(281.469));
  CHECK(record.windows.at(runbook::PhaseKind::rollback_window).pause_ms == Approx(94.482));
  CHECK(record.steps.at("release").status == engine::StepStatus::done);
  CHECK(record.steps.at("back_durable").status == engine::StepStatus::already_applied);
  CHECK(record.steps.at("route_now").status == engine::StepStatus::skipped);
  CHECK(record.steps.at("turn").uses == "replication.reverse");
  // A rollback works from these.
  CHECK(record.steps.at("promote").outputs.contains("standby_cluster"));
  CHECK(record.steps.at("lsn").outputs.at("lsn").is_string());
  for (const auto& [id, step] : record.steps) {
    INFO(id);
    CHECK((step.is_done() || step.status == engine::StepStatus::skipped));
  }
}

TEST_CASE("a run of an earlier version is told in a report, and can be appended to") {
  const Samples samples;
  auto journal = journal::Journal::open_existing(samples.folder / "journal.db", Deadline::in(10s));
  REQUIRE(journal);
  const auto story = report::tell(*journal->events(sample_run));
  CHECK(story.windows.size() == 2);
  CHECK(story.lags.size() >= 2);
  CHECK(journal->append(sample_run, "run.resumed", Json::object(), journal::Durability::disk));
  CHECK(journal->verify_chain());
}

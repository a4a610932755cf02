#include "app/monitored.h"

#include <catch2/catch.hpp>

#include "journal/words/outcomes.h"

using namespace pgcleave;
using namespace pgcleave::app;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t now_us = 1'000'000 * second;

struct OneRun {
  OneRun() {
    run.id = "r-1";
    run.begun = {{"name", "switchover"}, {"split_name", "ci"}, {"environment_name", "lab"}};
    run.last_at_us = now_us - 90 * second;
    run.phase = runbook::PhaseKind::window;
  }
  [[nodiscard]] Monitored told(bool alive = false) const {
    engine::SplitRuns split;
    split.split = "ci";
    split.environment = "lab";
    split.all = {&run};
    if (run.is_open()) split.unfinished = {&run};
    if (holds) split.split_by = &run;
    return monitored(split, alive, now_us, " -e lab.yml");
  }
  void ended(journal::RunOutcome outcome, int exit) {
    run.finished = true;
    run.outcome = outcome;
    run.exit = exit;
  }
  void clients_wait(std::int64_t for_us) {
    auto& window = run.windows[runbook::PhaseKind::window];
    window.phase = runbook::PhaseKind::window;
    window.open = true;
    window.budget_ms = 5000;
    window.paused_at_us = now_us - for_us;
  }

  engine::RunRecord run;
  bool holds = false;
};

bool has(const Monitored& told, const std::string& words) {
  INFO(told.text);
  CHECK(told.text.find(words) != std::string::npos);
  return told.text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a monitor is quiet while a run works, and alarmed once clients have waited past the budget") {
  OneRun a;
  CHECK(a.told(true).alert == Alert::ok);
  CHECK(has(a.told(true), "run r-1 is running, in phase window"));
  a.clients_wait(40'000);
  CHECK(a.told(true).alert == Alert::ok);
  CHECK(has(a.told(true), "clients have waited for 40 ms of 5000"));
  a.clients_wait(6 * second);
  CHECK(a.told(true).alert == Alert::critical);
}

TEST_CASE("a window that nobody closes is critical, with the command that brings clients back") {
  OneRun a;
  a.clients_wait(6 * second);
  CHECK(a.told().alert == Alert::critical);
  CHECK(has(a.told(), "clients may wait, since 90s; next: pgcleave "));
  CHECK(has(a.told(), " -e lab.yml"));
}

TEST_CASE("a run that waits, or ended before its end, is a warning; one that needs a person is critical") {
  OneRun a;
  CHECK(a.told().alert == Alert::warning);
  CHECK(has(a.told(), "run r-1 is not over, and no process is at work on it: interrupted"));
  a.run.waiting_for = "go";
  a.ended(journal::RunOutcome::waiting, 6);
  CHECK(a.told().alert == Alert::warning);
  CHECK(has(a.told(), "run r-1 waits for the approval of go, since 90s"));
  a.run.waiting_for.clear();
  a.ended(journal::RunOutcome::stopped, 5);
  CHECK(a.told().alert == Alert::critical);
  CHECK(has(a.told(), "run r-1 needs a person"));
}

TEST_CASE("a split that is done is ok, and its run is named") {
  OneRun a;
  a.ended(journal::RunOutcome::done, 0);
  a.holds = true;
  CHECK(a.told().alert == Alert::ok);
  CHECK(has(a.told(), "run r-1 split it 90s ago"));
  a.holds = false;
  a.ended(journal::RunOutcome::rolled_back, 0);
  CHECK(has(a.told(), "no run is open; the last, r-1, is rolled back"));
  CHECK(a.told().json().at("alert") == "ok");
}

// Deaths at every point: before and after each record, before and after each effect. Whoever takes the run up has only
// the journal and the world, and there are two ends: all of it, or nothing of it.
#include <algorithm>
#include <catch2/catch.hpp>

#include "a_run.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

const Lines all_steps{"a", "c", "d", "e"};

void all_of_it(const ARun& run) {
  for (const auto& step : all_steps) CHECK(run.has(step));
  CHECK(run.record().state(false) == "done");
  CHECK(run.record().open_window() == nullptr);
  CHECK(run.journal().verify_chain());
}

void nothing_of_it(const ARun& run) {
  for (const auto& step : all_steps) CHECK_FALSE(run.has(step));
  CHECK(run.record().state(false) == "undone");
  CHECK(run.record().open_window() == nullptr);
  CHECK(run.journal().verify_chain());
}

// Tries every fault point of `what`: a fresh run, `before`, `what` that dies at the point, then `after`.
template <class Before, class What, class After>
int at_every_point(const std::string& text, Before before, What what, After after) {
  for (int point = 1;; ++point) {
    ARun run(text);
    before(run);
    const auto ending = run.dying_at(point, [&] { return what(run); });
    if (ending) return point - 1;
    INFO("died at point " << point);
    after(run);
  }
}

}  // namespace

TEST_CASE("a run that dies anywhere is finished by resume") {
  const int points = at_every_point(
      whole(), nothing_before, [](ARun& run) { return run.forward(); },
      [](ARun& run) {
        CHECK(run.resume().exit == ExitCode::done);
        all_of_it(run);
      });
  CHECK(points > 50);
}

TEST_CASE("a run that dies anywhere before its end is undone by rollback") {
  const int points = at_every_point(
      whole(), nothing_before, [](ARun& run) { return run.forward(); },
      [](ARun& run) {
        CHECK(run.back().exit == ExitCode::done);
        nothing_of_it(run);
      });
  CHECK(points > 50);
}

TEST_CASE("a run that dies while it undoes is undone in the end") {
  const auto text = whole(line("f", "exit 1"));
  at_every_point(
      text, nothing_before, [](ARun& run) { return run.forward(); },
      [](ARun& run) {
        CHECK(run.resume().exit == ExitCode::undone);
        nothing_of_it(run);
      });
}

TEST_CASE("a rollback that dies is finished by another one") {
  const int points = at_every_point(
      whole(line("f", "exit 1")), [](ARun& run) { REQUIRE_FALSE(run.dying_at(70, [&] { return run.forward(); })); },
      [](ARun& run) { return run.back(); },
      [](ARun& run) {
        CHECK(run.back().exit == ExitCode::done);
        nothing_of_it(run);
      });
  CHECK(points > 20);
}

TEST_CASE("a process that dies while it resumes another's run leaves it fit to be resumed") {
  for (const int first : {9, 36}) {
    at_every_point(
        whole(), [first](ARun& run) { REQUIRE_FALSE(run.dying_at(first, [&] { return run.forward(); })); },
        [](ARun& run) { return run.resume(); },
        [](ARun& run) {
          CHECK(run.resume().exit == ExitCode::done);
          all_of_it(run);
        });
  }
}

TEST_CASE("records of the window that a power cut took do not keep it from being undone") {
  // Inside the window records are in the operating system's hands only: the world may be further than the journal
  // knows.
  ARun ideal(whole());
  REQUIRE(ideal.forward().exit == ExitCode::done);
  const auto events = ideal.events();
  const auto type_is = [](const char* type) {
    return [type](const journal::Event& event) { return event.type == type; };
  };
  const auto entered = std::find_if(events.begin(), events.end(), type_is("window.entered"));
  const auto left = std::find_if(events.begin(), events.end(), type_is("window.left"));
  REQUIRE(entered != events.end());
  for (auto end = entered + 1; end != left; ++end) {
    ARun run(whole());
    for (auto event = events.begin(); event != end; ++event) {
      auto data = event->data.dump();
      for (auto at = data.find(ideal.file("")); at != std::string::npos; at = data.find(ideal.file("")))
        data.replace(at, ideal.file("").size(), run.file(""));
      run.write(event->type, Json::parse(data));
    }
    for (const char* step : {"a", "c", "d"}) std::ofstream(run.file(step)) << "\n";
    INFO("cut after " << (end - 1)->type << " " << (end - 1)->data.dump());
    CHECK(run.back().exit == ExitCode::done);
    nothing_of_it(run);
  }
}

}  // namespace pgcleave::engine

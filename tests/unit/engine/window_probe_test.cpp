// Watching a window from the clients' side: when it begins and ends, and that it is told.
#include <algorithm>

#include "a_run.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

Json seen() {
  return {{"why", ""}, {"outage_ms", 61.25}, {"through", "bouncer-2"}, {"errors", 0}, {"wrong_side", 0}};
}

// Notes in the run's own log when the watch began and ended.
WindowProbe watching(ARun& run) {
  const auto note = [&run](const std::string& text) { std::ofstream(run.file("log"), std::ios::app) << text << "\n"; };
  return {[note](const runbook::Phase& phase, bool clients_wait) { note("watch " + phase.name + (clients_wait ? ", clients wait" : "")); },
          [note](const runbook::Phase& phase) {
            note("watched " + phase.name);
            return seen();
          }};
}

std::vector<journal::Event> watched(const ARun& run) {
  auto events = run.events();
  std::erase_if(events, [](const auto& event) { return event.type != "window.watched"; });
  return events;
}

}  // namespace

TEST_CASE("a window is watched from before it until after it, and the journal holds what clients saw") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b")) + "verify:\n" + make("c"));
  run.probe = watching(run);
  std::string said;
  run.when_said = [&](const std::string& text) { said += text + "\n"; };
  REQUIRE(run.forward().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "watch window", "do b", "watched window", "do c"});
  const auto events = watched(run);
  REQUIRE(events.size() == 1);
  CHECK(events[0].data["phase"] == "window");
  CHECK(events[0].data["attempt"] == 1);
  CHECK(run.record().windows.at("window").outage_ms == 61.25);
  CHECK(run.record().windows.at("window").watched);
  CHECK(said.find("; a client saw 61.2 ms of outage (through bouncer-2)") != std::string::npos);
}

TEST_CASE("a window that is undone is watched until clients are served again, not until the rest is undone") {
  ARun run(head + window(make("a") + line("b", "exit 3")));
  run.probe = watching(run);
  REQUIRE(run.forward().exit == ExitCode::undone);
  CHECK(run.log() == Lines{"watch window", "do a", "undo a", "watched window"});
  CHECK(watched(run).size() == 1);
  CHECK(run.record().windows.at("window").outcome == "undone");
  CHECK(run.record().windows.at("window").outage_ms == 61.25);
}

TEST_CASE("a window that was not entered was watched for nothing, and nothing is told of it") {
  ARun run(head + window(make("a")));
  run.probe = watching(run);
  run.probe.begin = [&run](const runbook::Phase&, bool) { run.stop.request(); };
  CHECK(run.forward().exit == ExitCode::needs_person);
  CHECK(run.log() == Lines{"watched window"});
  CHECK(watched(run).empty());
}

TEST_CASE("a window that a dead process left open is watched by who takes it up, without holding it up") {
  ARun run(head + window(make("a") + make("b")));
  bool died_in_it = false;
  for (int point = 1; !died_in_it; ++point) {
    REQUIRE(run.dying_at(point, [&] { return run.forward(); }) == std::nullopt);
    died_in_it = run.record().open_window() != nullptr && run.has("a");
    if (!died_in_it) run.forget_journal();
  }
  run.probe = watching(run);
  REQUIRE(run.resume().exit == ExitCode::done);
  const auto log = run.log();
  CHECK(std::count(log.begin(), log.end(), "watch window, clients wait") == 1);
  CHECK(std::count(log.begin(), log.end(), "watch window") == 1);  // it was undone, and entered again
  CHECK(watched(run).size() == 2);
}

TEST_CASE("what clients saw is said with all that was wrong with it") {
  CHECK(what_clients_saw(Json()).empty());
  CHECK(what_clients_saw({{"why", "no pool has a `probe`"}}) == "what clients saw was not measured: no pool has a `probe`");
  auto bad = seen();
  bad["mean_outage_ms"] = 52.04;
  bad["errors"] = 2;
  bad["at_least"] = true;
  bad["wrong_side"] = 3;
  bad["bouncers"] = {{{"name", "bouncer-1"}, {"first_error", ""}}, {{"name", "bouncer-2"}, {"first_error", "refused"}}};
  CHECK(what_clients_saw(bad) ==
        "a client saw at least 61.2 ms of outage (through bouncer-2); all clients on average 52.0 ms; 2 errors, the first through "
        "bouncer-2: refused; "
        "3 WRITES WERE TAKEN BY THE WRONG SIDE");
}

TEST_CASE("of errors that no bouncer tells the first of, only the number is said") {
  auto bad = seen();
  bad["errors"] = 2;
  bad["bouncers"] = {{{"name", "bouncer-1"}, {"first_error", ""}}};
  CHECK(what_clients_saw(bad) == "a client saw 61.2 ms of outage (through bouncer-2); 2 errors");
}

TEST_CASE("a watch that found nothing writes nothing, and nothing is said of it") {
  CHECK(what_clients_saw(Json::object()).empty());
  ARun run(head + window(make("a")));
  run.probe = watching(run);
  run.probe.end = [](const runbook::Phase&) { return Json(); };
  std::string said;
  run.when_said = [&](const std::string& text) { said += text + "\n"; };
  CHECK(run.forward().exit == ExitCode::done);
  CHECK(watched(run).empty());
  CHECK(said.find("clients waited at most 0.0 ms (budget 20000 ms)\n") != std::string::npos);
}

}  // namespace pgcleave::engine

// The guard and the probe of a window: when they begin and end, and what is told of them.
#include "engine/window_hooks.h"

#include <algorithm>

#include "a_split.h"
#include "a_state.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

Json seen() {
  return {{"why", ""}, {"outage_ms", 61.25}, {"through", "bouncer-2"}, {"errors", 0}, {"wrong_side", 0}};
}

// Notes in the run's own log when the watch began and ended.
WindowProbe watching(ARun& run) {
  const auto note = [&run](const std::string& text) { std::ofstream(run.file("log"), std::ios::app) << text << "\n"; };
  return {[note](const runbook::Phase& phase, bool clients_wait) {
            note("watch " + phase.name + (clients_wait ? ", clients wait" : ""));
          },
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

TEST_CASE(
    "the guard stands by before the window's first effect and is dismissed when clients are served, before the watch "
    "ends") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b")) + "verify:\n" + make("c"));
  Told told(run);
  REQUIRE(run.forward().exit == ExitCode::done);
  INFO(told.text());
  CHECK(in_order({told.at("say", "  a "), told.at("watch", "begins for window"),
                  told.at("guard", "stands by for window"), told.at("guard", "watches, longest stop 14000 ms"),
                  told.at("say", "  b "), told.at("guard", "is dismissed"), told.at("watch", "ends for window"),
                  told.at("say", "clients waited at most"), told.at("say", "  c ")}));
  CHECK(told.has("say", "(budget 20000 ms); a client saw 61.2 ms of outage (through bouncer-2)"));
  CHECK(std::count(told.all.begin(), told.all.end(), "guard: is dismissed") == 1);
}

TEST_CASE("without a guard, or with one that has gone, no window is entered, and what was prepared is undone") {
  for (const bool never_came : {true, false}) {
    ARun run(head + "prepare:\n" + make("a") + window(make("b")));
    Told told(run);
    (never_came ? told.no_guard : told.guard_gone) =
        Error{ErrorKind::not_ready, "guard", "is not there", "", "", "", ""};
    const auto ending = run.forward();
    INFO(told.text());
    CHECK(ending.exit == ExitCode::undone);
    CHECK(ending.text.find("is not there") != std::string::npos);
    CHECK(run.log() == Lines{"do a", "undo a"});
    CHECK(run.record().windows.empty());
    CHECK(in_order({told.at("guard", "stands by"), told.at("guard", "is dismissed"), told.at("watch", "ends"),
                    told.at("warn", "; undoing")}));
    CHECK(told.has("say", "undone"));
  }
}

TEST_CASE("a guard is kept while a window can't be undone, and settles it as soon as it can be") {
  ARun run(head + window(stubborn("a") + line("b", "exit 3")));
  Told told(run);
  const auto stuck = run.forward();
  CHECK(stuck.exit == ExitCode::needs_person);
  CHECK(stuck.text.find("not all of it could be undone") != std::string::npos);
  CHECK(told.has("warn", "  a could not be undone: "));
  CHECK_FALSE(told.has("guard", "is dismissed"));
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::failed);

  const auto still = run.settle();
  CHECK(still.exit == ExitCode::needs_person);
  CHECK(still.text == "the window's last try could not be undone entirely");
  CHECK(run.has("a"));
  std::ofstream(run.file("repaired")) << "\n";
  const auto settled = run.settle();
  CHECK(settled.exit == ExitCode::undone);
  CHECK(settled.text == "the window was undone");
  CHECK_FALSE(run.has("a"));
  CHECK(run.record().state(false) == "window undone");
}

TEST_CASE(
    "people are told why a window is undone, who owns, and what clients saw, and the guard is dismissed once clients "
    "are served") {
  ARun run(head + window(make("a") + line("b", "exit 3")));
  Told told(run);
  REQUIRE(run.forward().exit == ExitCode::undone);
  INFO(told.text());
  CHECK(in_order({told.at("warn", "exit code 3"), told.at("say", "  undone"), told.at("guard", "is dismissed"),
                  told.at("say", "who owns the moved tables can't be seen; no pool is paused"),
                  told.at("watch", "ends for window")}));
  CHECK(told.has("warn", "; undoing, so that clients go on"));
  CHECK(told.all.back() == "say: a client saw 61.2 ms of outage (through bouncer-2)");
}

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
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outage_ms == 61.25);
  CHECK(run.record().windows.at(runbook::PhaseKind::window).watched);
  CHECK(said.find("; a client saw 61.2 ms of outage (through bouncer-2)") != std::string::npos);
}

TEST_CASE("a window that is undone is watched until clients are served again, not until the rest is undone") {
  ARun run(head + window(make("a") + line("b", "exit 3")));
  run.probe = watching(run);
  REQUIRE(run.forward().exit == ExitCode::undone);
  CHECK(run.log() == Lines{"watch window", "do a", "undo a", "watched window"});
  CHECK(watched(run).size() == 1);
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::undone);
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outage_ms == 61.25);
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

TEST_CASE("a window needs no guard and no probe, and a probe that was not begun is not ended") {
  ARun run(head + window(make("a")));
  AState of(run);
  bool ended = false;
  WindowHooks none(of.state, {}, {});
  CHECK(none.stand_by(of.phase(runbook::PhaseKind::window), false));
  CHECK(none.watch(Duration(1)));
  CHECK(none.entered(Json::object()));
  none.dismiss_guard();
  none.begin_probe(of.phase(runbook::PhaseKind::window), false);
  CHECK(none.end_probe(of.phase(runbook::PhaseKind::window)).is_null());
  WindowHooks hooks(of.state,
                    {{},
                     [&](const runbook::Phase&) {
                       ended = true;
                       return seen();
                     }},
                    {});
  CHECK(hooks.end_probe(of.phase(runbook::PhaseKind::window)).is_null());
  CHECK_FALSE(ended);
  CHECK(run.events().empty());
}

}  // namespace pgcleave::engine

#include "engine/record.h"

#include <catch2/catch.hpp>

namespace pgcleave::engine {
namespace {

class Events {
 public:
  Events& add(const std::string& type, Json data = Json::object(), std::int64_t mono_ms = 0) {
    journal::Event event;
    event.seq = static_cast<std::int64_t>(all_.size()) + 1;
    event.run = "r-1";
    event.at_us = 1'000'000 * event.seq;
    event.mono_us = mono_ms * 1000;
    event.type = type;
    event.data = std::move(data);
    all_.push_back(event);
    return *this;
  }
  [[nodiscard]] RunRecord record() const { return replay(all_); }

 private:
  std::vector<journal::Event> all_;
};

Events begun() {
  return Events().add("run.begun", {{"pid", 42}, {"split_name", "ci"}});
}

Json effect(const std::string& traffic, const std::string& outcome = "") {
  Json data{{"step", "x"}, {"effect", "something"}};
  if (!traffic.empty()) data["traffic"] = traffic;
  if (!outcome.empty()) data["outcome"] = outcome;
  return data;
}

Events in_window() {
  return begun()
      .add("phase.begun", {{"phase", "window"}})
      .add("window.entered", {{"phase", "window"}, {"budget_ms", 5000.0}});
}

}  // namespace

TEST_CASE("a run that began is known by its first event") {
  const auto run = begun().record();
  CHECK(run.id == "r-1");
  CHECK(run.pid == 42);
  CHECK(run.begun.at("split_name") == "ci");
  CHECK(run.begun_at_us == 1'000'000);
  CHECK(run.is_open());
  CHECK(run.state(true) == "running");
  CHECK(run.state(false) == "interrupted");
}

TEST_CASE("clients wait from the first PAUSE sent until the last RESUME answered") {
  const auto run = in_window()
                       .add("effect.announced", effect("pause"), 1000)
                       .add("effect.done", effect("pause", "ok"), 1010)
                       .add("effect.announced", effect("pause"), 1020)  // once more, by a resumed run
                       .add("effect.announced", effect(""), 1030)
                       .add("effect.done", effect("", "ok"), 1400)
                       .add("effect.announced", effect("resume"), 1450)
                       .add("effect.done", effect("resume", "ok"), 1475)
                       .record();
  const auto& window = run.windows.at(runbook::PhaseKind::window);
  CHECK(window.pause_ms == Approx(475.0));
  CHECK(window.paused_at_us == 4'000'000);
  CHECK(window.resumed_at_us == 10'000'000);
  CHECK(window.budget_ms == Approx(5000.0));
}

TEST_CASE("a RESUME that failed has not ended the pause, and one without a pause has not begun it") {
  auto events =
      in_window().add("effect.done", effect("resume", "ok"), 900).add("effect.announced", effect("pause"), 1000);
  events.add("effect.done", effect("resume", "failed"), 1100).add("effect.done", effect("resume", "unknown"), 1200);
  CHECK(events.record().windows.at(runbook::PhaseKind::window).pause_ms == 0);
  CHECK(events.record().windows.at(runbook::PhaseKind::window).resumed_at_us == 0);
  events.add("effect.done", effect("resume", "ok"), 1300);
  CHECK(events.record().windows.at(runbook::PhaseKind::window).pause_ms == Approx(300.0));
}

TEST_CASE("a pause outside of any window is none of a window's business") {
  const auto run =
      begun().add("phase.begun", {{"phase", "prepare"}}).add("effect.announced", effect("pause"), 5).record();
  CHECK(run.windows.empty());
}

TEST_CASE("a window that is entered again begins anew, and only its own steps do") {
  auto events = begun()
                    .add("phase.begun", {{"phase", "prepare"}})
                    .add("step.intent", {{"step", "fence"}, {"uses", "run.command"}})
                    .add("step.done", {{"step", "fence"}, {outputs_field, {{"n", 1}}}})
                    .add("phase.begun", {{"phase", "window"}})
                    .add("window.entered", {{"phase", "window"}, {"budget_ms", 100.0}})
                    .add("step.intent", {{"step", "lsn"}, {"uses", "run.command"}})
                    .add("effect.announced", effect("pause"), 10)
                    .add("step.done", {{"step", "lsn"}, {outputs_field, {{"lsn", "0/1"}}}})
                    .add("window.left", {{"phase", "window"}, {"outcome", "undone"}});
  CHECK(events.record().steps.at("lsn").status == StepStatus::done);
  CHECK(events.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::undone);
  CHECK(events.record().open_window() == nullptr);
  const auto run = events.add("window.entered", {{"phase", "window"}, {"budget_ms", 200.0}}).record();
  CHECK(run.steps.at("lsn").status == StepStatus::untouched);
  CHECK(run.steps.at("lsn").outputs.empty());
  CHECK(run.steps.at("fence").status == StepStatus::done);
  CHECK(run.steps.at("fence").outputs.at("n") == 1);
  CHECK(run.windows_entered == 2);
  REQUIRE(run.open_window() != nullptr);
  CHECK(run.open_window()->budget_ms == Approx(200.0));
  CHECK(run.open_window()->paused_at_us == 0);
  CHECK_FALSE(run.open_window()->outcome);
}

TEST_CASE("ownership that was taken stays taken when the window is left") {
  auto events = in_window();
  CHECK_FALSE(events.record().has_taken(runbook::PhaseKind::window));
  events.add("window.taken", {{"phase", "window"}})
      .add("window.left", {{"phase", "window"}, {"outcome", "done"}, {"cpu_ms", 3.5}});
  CHECK(events.record().has_taken(runbook::PhaseKind::window));
  CHECK(events.record().windows.at(runbook::PhaseKind::window).cpu_ms == Approx(3.5));
  CHECK_FALSE(events.record().has_taken(runbook::PhaseKind::rollback_window));
}

TEST_CASE("of a step's effects those that failed do not count, and one without an answer may still come") {
  auto events = begun().add("effect.announced", effect(""));  // of a step that was never begun
  CHECK(events.record().steps.empty());
  events.add("step.intent", {{"step", "x"}, {"uses", "run.command"}}).add("effect.announced", effect(""));
  CHECK(events.record().steps.at("x").effects == 1);
  CHECK(events.record().steps.at("x").unanswered == 1);
  events.add("effect.done", effect("", "unknown"));
  CHECK(events.record().steps.at("x").unanswered == 1);
  events.add("effect.announced", effect("")).add("effect.done", effect("", "failed"));
  CHECK(events.record().steps.at("x").effects == 1);
  CHECK(events.record().steps.at("x").unanswered == 1);
}

TEST_CASE(
    "a request that may still arrive is known from the effect that sent it, and of a step whose records were lost") {
  auto events =
      begun().add("step.intent", {{"step", "x"}, {"uses", "run.command"}}).add("effect.announced", effect(""));
  auto done = effect("", "ok");
  done["result"] = {{"unanswered", 1}};
  events.add("effect.done", done);  // and its process died before it told the step's outputs
  CHECK(events.record().steps.at("x").is_in_doubt());
  events.add("step.intent", {{"step", "y"}, {"uses", "run.command"}, {"assumed", true}, {"records_lost", true}});
  CHECK(events.record().steps.at("y").is_in_doubt());
  events.add("step.intent", {{"step", "z"}, {"uses", "run.command"}, {"assumed", true}, {"records_lost", false}});
  CHECK_FALSE(events.record().steps.at("z").is_in_doubt());
}

TEST_CASE("a step's record tells what undo needs, how it ended and how often it was begun") {
  auto events = begun().add("phase.begun", {{"phase", "prepare"}});
  events.add("step.intent", {{"step", "a"}, {"uses", "run.command"}, {"with", {{"x", 1}}}, {"before", {{"y", 2}}}});
  CHECK(events.record().steps.at("a").status == StepStatus::begun);
  CHECK(events.record().steps.at("a").phase == runbook::PhaseKind::prepare);
  CHECK(events.record().steps.at("a").with.at("x") == 1);
  CHECK(events.record().steps.at("a").before.at("y") == 2);
  events.add("step.observed", {{"step", "a"}, {"state", "pending"}});
  CHECK(events.record().steps.at("a").status == StepStatus::begun);
  events.add("step.failed", {{"step", "a"}, {"text", "no"}});
  CHECK(events.record().steps.at("a").status == StepStatus::failed);
  CHECK(events.record().steps.at("a").note == "no");
  events.add("step.intent", {{"step", "a"}, {"uses", "run.command"}})
      .add("step.done", {{"step", "a"}, {outputs_field, {{"z", 3}}}, {"ms", 1.5}});
  const auto done = events.record().steps.at("a");
  CHECK(done.status == StepStatus::done);
  CHECK(done.outputs.at("z") == 3);
  CHECK(done.ms == Approx(1.5));
  CHECK(done.intents == 2);
  CHECK(events.add("undo.failed", {{"step", "a"}, {"text", "stuck"}}).record().steps.at("a").status ==
        StepStatus::undo_failed);
  CHECK(events.add("step.undone", {{"step", "a"}}).record().steps.at("a").status == StepStatus::undone);
  CHECK(events.add(already_applied_event, {{"step", "b"}}).record().steps.at("b").status ==
        StepStatus::already_applied);
  CHECK(events.add("step.skipped", {{"step", "c"}}).record().steps.at("c").status == StepStatus::skipped);
}

TEST_CASE("steps are remembered in the order in which they were begun last") {
  const auto run = begun()
                       .add("step.intent", {{"step", "a"}})
                       .add("step.intent", {{"step", "b"}})
                       .add("step.intent", {{"step", "a"}})
                       .record();
  CHECK(run.order == std::vector<std::string>{"b", "a"});
}

TEST_CASE("the last approval counts, and a gate waits until it has passed") {
  auto events = begun().add("gate.waiting", {{"step", "go"}});
  CHECK(events.record().waiting_for == "go");
  events.add("gate.approved", {{"step", "go"}, {"by", "ann"}, {"how", "by command"}})
      .add("gate.approved", {{"step", "go"}, {"by", "bob"}});
  CHECK(events.record().approvals.at("go").by == "bob");
  CHECK(events.record().approvals.at("go").at_us == 4'000'000);
  CHECK(events.record().waiting_for == "go");
  CHECK(events.add("step.done", {{"step", "go"}}).record().waiting_for.empty());
}

TEST_CASE("a run's state is one word for people, and says whether another run may begin") {
  const auto ended = [](const std::string& outcome) {
    return begun().add("run.finished", {{"outcome", outcome}, {"exit", 4}, {"serves", "source"}});
  };
  CHECK(ended("done").record().state(false) == "done");
  CHECK_FALSE(ended("done").record().is_open());
  CHECK(ended("undone").record().state(false) == "undone");
  CHECK_FALSE(ended("undone").record().is_open());
  CHECK(ended("rolled_back").record().state(false) == "rolled back");
  CHECK_FALSE(ended("rolled_back").record().is_open());
  CHECK(ended("waiting").record().state(false) == "waiting for approval");
  CHECK(ended("waiting").record().is_open());
  CHECK(ended("stopped").record().state(false) == "stopped");
  CHECK(ended("stopped").record().is_open());
  CHECK(ended("done").record().exit == 4);
  CHECK(ended("done").record().serves == world::Serving::source);
}

TEST_CASE("a run that goes back is going back until its rollback was undone") {
  auto events =
      begun().add("run.finished", {{"outcome", "done"}}).add("run.resumed", {{"direction", "rollback"}, {"pid", 7}});
  CHECK(events.record().rolling_back);
  CHECK(events.record().state(true) == "rolling back");
  CHECK(events.record().is_open());
  CHECK(events.record().pid == 7);
  events.add("run.resumed", {{"direction", "on"}});
  CHECK(events.record().rolling_back);
  events.add("run.finished", {{"outcome", "rollback_undone"}});
  CHECK_FALSE(events.record().rolling_back);
  CHECK(events.record().state(false) == "done, its rollback was undone");
}

TEST_CASE("what was missed is kept, and an event of a later version does no harm") {
  const auto run = begun()
                       .add("check.missed", {{"text", "too slow"}})
                       .add("moon.risen", {{"step", 5}})
                       .add("step.done", {{"step", 7}, {outputs_field, "none"}})
                       .record();
  CHECK(run.misses == std::vector<std::string>{"too slow"});
  CHECK(run.last_at_us == 4'000'000);
}

TEST_CASE("known keys that hold other types than they should are empty, and the record goes on") {
  const Json odd{{"pid", "5"},
                 {"exit", {1}},
                 {"budget_ms", "much"},
                 {"outage_ms", true},
                 {"ms", "1"},
                 {"undo", "yes"},
                 {"steps", {7, "a", {{"step", 1}}}},
                 {outputs_field, 5}};
  for (const auto* type : {"run.begun", "run.resumed", "phase.begun", "step.intent", "step.done", "step.failed",
                           "effect.announced", "effect.done", "window.entered", "window.taken", "window.left",
                           "window.watched", "gate.waiting", "gate.approved", "run.finished"}) {
    for (const auto& data : {odd, Json(), Json(5), Json("text"), Json::array({1, 2}),
                             Json{{"pid", 1e300}, {"exit", -1e300}, {"ms", 1e308}}}) {
      INFO(type << " " << data.dump());
      Events events = in_window();
      events.add(type, data).add("check.missed", {{"text", "still read"}});
      CHECK(events.record().misses == std::vector<std::string>{"still read"});
      CHECK(events.record().begun.is_object());
    }
  }
}

TEST_CASE("each status of a step has a word for people") {
  CHECK(name_of(StepStatus::untouched) == std::string("untouched"));
  CHECK(name_of(StepStatus::begun) == std::string("begun"));
  CHECK(name_of(StepStatus::done) == std::string("done"));
  CHECK(name_of(StepStatus::already_applied) == std::string("already applied"));
  CHECK(name_of(StepStatus::skipped) == std::string("skipped"));
  CHECK(name_of(StepStatus::failed) == std::string("failed"));
  CHECK(name_of(StepStatus::undone) == std::string("undone"));
  CHECK(name_of(StepStatus::undo_failed) == std::string("undo failed"));
}

TEST_CASE("a failover inside a window counts as a miss of the run") {
  const auto run =
      in_window().add("window.failover", {{"phase", "window"}, {"text", "source main failed over"}}).record();
  CHECK(run.misses == std::vector<std::string>{"source main failed over"});
}

TEST_CASE("a run that waits at a gate of which nothing else is known can still be approved") {
  const auto run = begun().add("gate.waiting", {{"step", "go"}}).add("run.finished", {{"outcome", "waiting"}}).record();
  CHECK(next_command(run, " -e lab.yml") == "pgcleave approve r-1 go -e lab.yml && pgcleave resume r-1 -e lab.yml");
}

TEST_CASE(
    "an undo that asks for words is approved and rolled back, or the run goes on; once it is undone nothing is asked") {
  auto events = begun()
                    .add("phase.begun", {{"phase", "prepare"}})
                    .add("step.intent", {{"step", "promote"}, {"uses", "patroni.promote"}})
                    .add("step.done", {{"step", "promote"}})
                    .add("gate.waiting", {{"step", "promote"}, {"text", "?"}, {"words", "give up 1 row of public.cfg"}})
                    .add("run.finished", {{"outcome", "rollback_undone"}});
  const auto run = events.record();
  CHECK(run.is_open());
  CHECK_FALSE(run.rolling_back);
  CHECK(words_asked_for(run, "promote") == "give up 1 row of public.cfg");
  CHECK(words_asked_for(run, "another").empty());
  CHECK(next_command(run, "") ==
        "pgcleave approve r-1 promote --words '...' && pgcleave rollback r-1   or: pgcleave resume r-1");
  const auto undone =
      events.add("step.undone", {{"step", "promote"}}).add("run.finished", {{"outcome", "stopped"}}).record();
  CHECK(next_command(undone, "") == "pgcleave resume r-1   or: pgcleave rollback r-1");
}

namespace {

Events waiting_at_a_gate() {
  return begun()
      .add("phase.begun", {{"phase", "gate"}})
      .add("step.intent", {{"step", "go"}, {"uses", "gate.approve"}})
      .add("step.failed", {{"step", "go"}, {"text", "gate go: waits\n  approve it"}, {"error", {{"kind", "waiting"}}}})
      .add("gate.waiting", {{"step", "go"}})
      .add("run.finished", {{"outcome", "waiting"}, {"exit", 6}});
}

}  // namespace

TEST_CASE("a gate that nobody has answered yet waits, and has not failed") {
  const auto run = waiting_at_a_gate().record();
  CHECK(run.steps.at("go").status == StepStatus::waiting);
  CHECK(std::string(name_of(run.steps.at("go").status)) == "waiting");
  CHECK(run.steps.at("go").note == "gate go: waits; approve it");
}

TEST_CASE("once a gate is approved the next command is resume, until it asks again") {
  auto events = waiting_at_a_gate();
  CHECK(next_command(events.record(), " -e lab.yml") ==
        "pgcleave approve r-1 go -e lab.yml && pgcleave resume r-1 -e lab.yml");
  events.add("gate.approved", {{"step", "go"}, {"by", "somebody"}});
  CHECK(next_command(events.record(), " -e lab.yml") ==
        "pgcleave resume r-1 -e lab.yml   or: pgcleave rollback r-1 -e lab.yml");
  events.add("run.resumed")
      .add("gate.waiting", {{"step", "go"}})
      .add("run.finished", {{"outcome", "waiting"}});  // it came too late
  CHECK(next_command(events.record(), "").rfind("pgcleave approve r-1 go", 0) == 0);
}

}  // namespace pgcleave::engine

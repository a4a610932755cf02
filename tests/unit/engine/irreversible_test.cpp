// What a run did that can't be undone: there is one end for it, to be finished. No step of the tests' own kinds is like
// that, so the journal tells of a real one, whose servers are not there.
#include <algorithm>
#include <catch2/catch.hpp>

#include "a_run.h"
#include "engine/effects.h"
#include "engine/undoer.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

std::string ending_the_way_back() {
  return head + "prepare:\n" + make("a") + "verify:\n  - {id: end, uses: replication.stop_reverse}\n" + make("b");
}

// The run as a process left it that died after its first effect that can't be undone, or (false) was refused there.
void died_in_it(const ARun& run, bool refused = false) {
  const Json effect{{"step", "end"}, {"effect", "drop subscription x"}};
  run.write("run.begun", {{"split_name", "ci"}, {"name", "a-run"}});
  run.write("phase.begun", {{"phase", "prepare"}});
  run.write("step.intent", {{"step", "a"}, {"uses", "run.command"}});
  run.write("step.done", {{"step", "a"}});
  run.write("phase.begun", {{"phase", "verify"}});
  run.write("step.intent", {{"step", "end"}, {"uses", "replication.stop_reverse"}});
  run.write("effect.announced", effect);
  if (!refused) return;
  Json done = effect;
  done["outcome"] = "failed";
  run.write("effect.done", done);
}

bool nothing_was_undone(const ARun& run) {
  const auto events = run.events();
  return std::none_of(events.begin(), events.end(),
                      [](const auto& event) { return event.type.rfind("undo.", 0) == 0; });
}

}  // namespace

TEST_CASE("a failure after what can't be undone stops the run, undoes nothing and names what was done") {
  ARun run(ending_the_way_back());
  died_in_it(run);
  const auto ending = run.resume();  // nobody answers for the source
  CHECK(ending.exit == ExitCode::past_no_return);
  CHECK(ending.text.find(
            "done and not to be taken back: end (replication.stop_reverse): what the target writes from now on") !=
        std::string::npos);
  CHECK(ending.next == "pgcleave resume " + ARun::id);
  CHECK(run.record().state(false) == "stopped");
  CHECK(run.record().is_open());
  CHECK(run.has("a"));
  CHECK(nothing_was_undone(run));
}

TEST_CASE("ctrl-C after what can't be undone stops with the exit code of what has to be finished") {
  ARun run(ending_the_way_back());
  died_in_it(run);
  run.stop.request();
  const auto ending = run.resume();
  CHECK(ending.exit == ExitCode::past_no_return);
  CHECK(ending.text.find("not to be taken back") != std::string::npos);
  CHECK(nothing_was_undone(run));
}

TEST_CASE("a rollback after what can't be undone is refused with the reason, and the run can still be finished") {
  ARun run(ending_the_way_back());
  died_in_it(run);
  const auto ending = run.back();
  CHECK(ending.exit == ExitCode::not_ready);
  CHECK(ending.text.find("can't be rolled back") != std::string::npos);
  CHECK(ending.text.find("end (replication.stop_reverse)") != std::string::npos);
  CHECK(ending.text.find("pgcleave resume " + ARun::id) != std::string::npos);
  CHECK(nothing_was_undone(run));
  CHECK(run.record().is_open());
  CHECK_FALSE(run.record().rolling_back);
}

TEST_CASE("what was refused changed nothing, so the run is undone as ever") {
  ARun run(ending_the_way_back());
  died_in_it(run, true);
  CHECK(irreversible(run.record(), Direction::forward).empty());
  CHECK(run.resume().exit == ExitCode::undone);
  CHECK(run.record().state(false) == "undone");
}

TEST_CASE("inside a window what can't be undone does not rule out a rollback, since ownership decides there") {
  ARun run(head + window("  - {id: end, uses: replication.stop_reverse}\n" + make("b")));
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}});
  run.write("step.intent", {{"step", "end"}, {"uses", "replication.stop_reverse"}});
  run.write("effect.announced", {{"step", "end"}, {"effect", "drop subscription x"}});
  CHECK(irreversible(run.record(), Direction::forward).empty());
  CHECK(run.back().exit == ExitCode::done);
  CHECK(run.record().state(false) == "undone");
}

TEST_CASE("a run that has done all that it had to do, irreversibly, offers no rollback") {
  ARun run(ending_the_way_back());
  died_in_it(run);
  run.write("step.done", {{"step", "end"}});
  run.write("run.finished", {{"outcome", "done"}, {"exit", 0}});
  CHECK(next_command(run.record(), "").empty());
  const auto no = rollback_blocker(run.record(), run.runbook());
  REQUIRE(no);
  CHECK(no->hint.find("nothing to do") != std::string::npos);
}

TEST_CASE("a run without a window does not claim that a split was made") {
  ARun run(head + "verify:\n" + make("a"));
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::done);
  CHECK(ending.text == "a-run is done");
}

TEST_CASE("the journal keeps what an effect brought about") {
  ARun run(head + "prepare:\n" + make("a"));
  auto journal = run.journal();
  Recorder recorder(journal, ARun::id, {}, nullptr);
  JournaledEffects effects(recorder);
  effects.for_step("a", false);
  REQUIRE(effects.perform("count", [] { return Result<Json>(Json{{"freed_bytes", 7}}); }));
  REQUIRE(effects.perform("say nothing", [] { return Result<Json>(Json()); }));
  const auto events = run.events();
  REQUIRE(events.size() == 4);
  CHECK(events[1].data.at("result").at("freed_bytes") == 7);
  CHECK_FALSE(events[3].data.contains("result"));
}

}  // namespace pgcleave::engine

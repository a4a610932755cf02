#include "a_state.h"
#include "engine/resumer.h"
#include "passing.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a journal that lacks the end of a run undoes nothing under the side that serves, whatever is typed") {
  ASplit run(there_and_back("    - {id: d, uses: run.command, with: {argv: ['true']}}\n"));
  REQUIRE(run.forward().exit == ExitCode::done);
  const auto whole_run = run.events();
  run.forget_journal();
  for (const auto& event : whole_run) {
    if (event.type == "window.entered") break;
    run.write(event.type, event.data);
  }
  for (const auto& ending : {run.resume(), run.back()}) {
    INFO(ending.text);
    CHECK(ending.exit == ExitCode::needs_person);
    CHECK(ending.text.find("ownership was passed, but the journal does not know it") == 0);
    CHECK(ending.state == "target ci owns the moved tables; no pool is paused");
  }
  CHECK(run.owners() == "nobody, target");
  CHECK(run.has("a"));
  CHECK(run.log() == Lines{"do a", "do b", "do c"});
  for (const auto& event : run.events()) CHECK((event.type != "undo.begun" && event.type != "run.finished"));
}

TEST_CASE(
    "a journal that may lack its end changes nothing while the target can't be asked, and finishes what was taken when "
    "it can") {
  for (const bool in_the_window : {true, false}) {
    ASplit run(one_split);
    if (in_the_window) was_left_in_the_window(run);
    if (!in_the_window) {
      run.write("run.begun", {{"split_name", "ci"}});
      run.write("phase.begun", {{"phase", "prepare"}});
      run.write("step.intent", {{"step", "a"}, {"uses", "run.command"}});
    }
    passes(run.source, fence::Owner::source, fence::Owner::nobody);
    passes(run.target, fence::Owner::source, fence::Owner::nobody);
    passes(run.target, fence::Owner::nobody, fence::Owner::target);
    run.knows_all = false;
    run.target_answers = false;
    for (const auto& ending : {run.settle(), run.resume(), run.back()}) {
      INFO(ending.text);
      CHECK(ending.exit == ExitCode::needs_person);
      CHECK(ending.text.find("this journal may lack what was done last") == 0);
      CHECK(ending.text.find("that of target ci can't be read") != std::string::npos);
    }
    run.target_answers = true;
    const auto ending = run.resume();
    INFO(ending.text);
    CHECK(ending.exit == (in_the_window ? ExitCode::done : ExitCode::needs_person));
    CHECK(run.has("b") == in_the_window);
    CHECK(run.owners() == "nobody, target");
    for (const auto& event : run.events()) CHECK(event.type != "undo.begun");
    if (!in_the_window) {
      for (const auto& event : run.events()) CHECK(event.type != "run.signing");
    }
  }
}

TEST_CASE("a journal that may lack its end undoes a window when both sides say that nobody took") {
  ASplit run(one_split);
  was_left_in_the_window(run);
  passes(run.source, fence::Owner::source, fence::Owner::nobody);
  passes(run.target, fence::Owner::source, fence::Owner::nobody);
  run.knows_all = false;
  CHECK(run.settle().exit == ExitCode::undone);
  CHECK(run.owner_on(run.source) == "source");
}

TEST_CASE("where the journal is known to hold all, no owner is asked and nothing is refused") {
  ASplit run(one_split);
  was_left_in_the_window(run);
  passes(run.target, fence::Owner::source, fence::Owner::target);
  run.target_answers = false;
  AState of(run);
  CHECK_FALSE(refuse_without_owners(of.state));
  of.world.run.knows_all = false;
  CHECK(refuse_without_owners(of.state));
}

TEST_CASE("a run that changed nothing lacks no end, whoever owns, and one past its window lacks none either") {
  ASplit run(one_split);
  passes(run.target, fence::Owner::source, fence::Owner::target);
  const auto refused = [&] {
    AState of(run);
    return refuse_without_end(of.state).has_value();
  };
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "prepare"}});
  CHECK_FALSE(refused());
  run.write("step.intent", {{"step", "a"}, {"uses", "run.command"}});
  CHECK(refused());
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}});
  run.write("window.taken", {{"phase", "window"}});
  CHECK_FALSE(refused());
}

}  // namespace pgcleave::engine

#include "app/approve.h"

#include "app/identity.h"
#include "app/same_environment.h"
#include "base/fields.h"
#include "journal/outcomes.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::app {
namespace {

// As the gate asked; before it has asked, as the runbook has them.
std::string words_of(const engine::RunRecord& run, const runbook::StepLine& line) {
  const auto asked = run.steps.find(line.id);
  const bool has_asked =
      run.asked.contains(line.id) || (asked != run.steps.end() && asked->second.with.contains("words"));
  return has_asked ? engine::words_asked_for(run, line.id) : text_in(line.with, "words");
}

// A gate; or a step that destroyed rows if nobody gave them up, and has asked for that.
bool asks_a_person(const engine::RunRecord& run, const runbook::StepLine& line) {
  const auto& traits = steps::find(line.uses)->description.traits;
  return traits.waits_for_person || (traits.gives_up && run.asked.contains(line.id));
}

bool undo_waits_for(const engine::RunRecord& run, const std::string& step) {
  return journal::run_outcome(run.outcome) == journal::RunOutcome::stopped && run.asked.contains(step);
}

Result<void> names_the_environment_of(const engine::RunRecord& run, const std::string& environment_file) {
  if (environment_file.empty()) return {};
  const auto environment = read_environment_file(environment_file);
  if (!environment.value) return fail(last_of(errors_of(environment.problems)));
  return same_environment(run, *environment.value);
}

}  // namespace

Result<std::string> approve(journal::Journal& journal, const engine::RunRecord& run, const ApprovalGiven& given) {
  const auto& [step, words, files] = given;
  if (!run.is_open())
    return fail({ErrorKind::invalid, "run " + run.id, "is over: " + run.state(false), "", "", "", ""});
  const auto frozen =
      runbook::read_runbook(text_in(run.begun, "runbook"), text_in(run.begun, "text"), steps::vocabulary());
  const auto* line = frozen.value ? frozen.value->step(step) : nullptr;
  if (line == nullptr || !asks_a_person(run, *line)) {
    return fail({ErrorKind::invalid, "step " + step, "is no gate of run " + run.id, "", "",
                 "see the steps with: pgcleave status " + run.id, ""});
  }
  TRY(names_the_environment_of(run, files.environment));
  if (const auto wanted = words_of(run, *line); words != wanted) {
    return fail({ErrorKind::invalid, "gate " + step, wanted.empty() ? "asks for no words" : "asks for other words",
                 wanted, words, wanted.empty() ? "leave out --words" : "if you mean it, type them: --words '...'", ""});
  }
  Json approval{{"step", step}, {"by", operator_name()}, {"how", "by command"}};
  if (!words.empty()) approval["words"] = words;
  TRY(journal.append(run.id, "gate.approved", approval, journal::Durability::disk));
  return std::string("pgcleave ") + (undo_waits_for(run, step) ? "rollback " : "resume ") + run.id +
         files.again(text_in(run.begun, "environment"));
}

}  // namespace pgcleave::app

#include "app/approve.h"

#include <algorithm>

#include "app/identity.h"
#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/similar.h"
#include "engine/approvals.h"
#include "journal/words/outcomes.h"
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
  return run.outcome == journal::RunOutcome::stopped && run.asked.contains(step);
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

namespace {

// A gate; or a step that asks before it destroys rows.
bool may_ask(const runbook::StepLine& line) {
  const auto* kind = steps::find(line.uses);
  return kind != nullptr && (kind->description.traits.waits_for_person || kind->description.traits.gives_up);
}

}  // namespace

Approver people(const journal::Journal& journal, const std::vector<std::string>& beforehand) {
  return [&journal, beforehand](const std::string& run, const engine::RunOutput& speech) {
    return engine::approvals(journal, run, beforehand, operator_name(), speech.ask);
  };
}

Result<void> may_approve_beforehand(const config::Environment& environment,
                                    const std::vector<std::string>& beforehand) {
  if (!environment.production || beforehand.empty()) return {};
  return fail({ErrorKind::invalid, "environment " + environment.name,
               "is of class production: its gates can't be approved beforehand", "", "--approve",
               "leave it out; when the run waits: pgcleave approve RUN STEP", ""});
}

Result<void> asks_for_these(const runbook::Runbook& runbook, const std::vector<std::string>& beforehand) {
  std::vector<std::string> asking;
  for (const auto& phase : runbook.phases) {
    for (const auto& line : phase.steps) {
      if (may_ask(line)) asking.push_back(line.id);
    }
  }
  for (const auto& entry : beforehand) {
    const auto step = entry.substr(0, entry.find('='));
    if (std::find(asking.begin(), asking.end(), step) != asking.end()) continue;
    const auto* line = runbook.step(step);
    const auto close = closest(step, asking);
    return fail({ErrorKind::invalid, "--approve " + step,
                 line == nullptr ? "is no step of runbook " + runbook.name
                                 : fmt::format("is a step ({}) that asks nobody", line->uses),
                 asking.empty() ? "no --approve: this runbook asks nobody" : fmt::format("{}", fmt::join(asking, ", ")),
                 "", close.empty() ? "correct it, or leave it out" : fmt::format("did you mean {}?", close), ""});
  }
  return {};
}

}  // namespace pgcleave::app

#include "base/fields.h"
#include "base/log.h"
#include "cli/same_environment.h"
#include "cli/with_run.h"
#include "journal/outcomes.h"

namespace pgcleave::cli {
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
  const auto& meaning = steps::find(line.uses)->description.meaning;
  return meaning.waits_for_person || (meaning.gives_up && run.asked.contains(line.id));
}

bool undo_waits_for(const engine::RunRecord& run, const std::string& step) {
  return journal::run_outcome(run.outcome) == journal::RunOutcome::stopped && run.asked.contains(step);
}

ExitCode approve(const Arguments& arguments, journal::Journal& journal, const engine::RunRecord& run) {
  const auto step = arguments.text("STEP");
  if (!run.is_open())
    return complain(Error{ErrorKind::invalid, "run " + run.id, "is over: " + run.state(false), "", "", "", ""});
  const auto frozen =
      runbook::read_runbook(text_in(run.begun, "runbook"), text_in(run.begun, "text"), steps::vocabulary());
  const auto* line = frozen.value ? frozen.value->step(step) : nullptr;
  if (line == nullptr || !asks_a_person(run, *line)) {
    return complain(Error{ErrorKind::invalid, "step " + step, "is no gate of run " + run.id, "", "",
                          "see the steps with: pgcleave status " + run.id, ""});
  }
  if (const auto file = arguments.text("environment"); !file.empty()) {
    const auto environment = read_environment_file(file);
    if (!environment) return ExitCode::invalid;
    if (const auto same = same_environment(run, *environment); !same) return complain(same.error());
  }
  const auto words = arguments.text("words");
  if (const auto wanted = words_of(run, *line); words != wanted) {
    return complain(Error{ErrorKind::invalid, "gate " + step,
                          wanted.empty() ? "asks for no words" : "asks for other words", wanted, words,
                          wanted.empty() ? "leave out --words" : "if you mean it, type them: --words '...'", ""});
  }
  Json approval{{"step", step}, {"by", operator_name()}, {"how", "by command"}};
  if (!words.empty()) approval["words"] = words;
  const auto written = journal.append(run.id, "gate.approved", approval, journal::Durability::disk);
  if (!written) return complain(written.error());
  log::info("approved " + step + " of run " + run.id + "; next: pgcleave " +
            (undo_waits_for(run, step) ? "rollback " : "resume ") + run.id +
            again(arguments, text_in(run.begun, "environment")));
  return ExitCode::done;
}

}  // namespace

Verb approve_verb() {
  using Kind = Option::Kind;
  return {"approve",
          "Approve a gate of a run that waits for it.",
          {{"RUN", Kind::positional, "run id"},
           {"STEP", Kind::positional, "the gate's step id"},
           {"--words", Kind::value, "the words that the gate asks for"},
           environment_option(false),
           journal_option()},
          [](const Arguments& arguments) {
            return with_run(arguments,
                            [&](auto& journal, const auto& run) { return approve(arguments, journal, run); });
          }};
}

}  // namespace pgcleave::cli

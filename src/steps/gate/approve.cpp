// gate.approve: a person looks before clients wait.
#include "base/units.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<std::optional<world::Approval>> ask(Context& context) {
  TRY_ASSIGN(const auto expires, parse_duration(context.text("expires")));
  return context.world.approvers.answer({context.step, context.text("text"), context.text("words"), expires});
}

// What is to be typed stands in the question, not in the command that can be copied: whoever approves has read it.
std::string question(Context& context) {
  const auto words = context.text("words");
  return context.text("text") + (words.empty() ? "" : " (to approve, type: " + words + ")");
}

Result<Observation> observe_gate_approve(Context&) {
  Observation seen;
  seen.lasting = false;
  seen.evidence = "an approval holds for a time only, so it is asked for each time";
  return seen;
}

Result<Json> apply_gate_approve(Context& context, const Json&) {
  if (context.text("words").empty() && context.text("no_words") == "pass")
    return Json{{"by", ""}, {"how", "there was nothing to ask"}, {"words", ""}};
  TRY_ASSIGN(const auto approval, ask(context));
  if (!approval) {
    return fail({ErrorKind::waiting, "gate " + context.step, "waits for approval: " + question(context), "", "",
                 "pgcleave approve " + context.world.run.id + " " + context.step +
                     (context.text("words").empty() ? "" : " --words '...'") + " && pgcleave resume " +
                     context.world.run.id,
                 ""});
  }
  if (!approval->given) {
    return fail({ErrorKind::interrupted, "gate " + context.step, "was not approved", context.text("words"),
                 approval->words, "", ""});
  }
  return Json{{"by", approval->by}, {"how", approval->how}, {"words", approval->words}};
}

}  // namespace

StepKind gate_approve() {
  return {
      {.kind = "gate.approve",
       .purpose = "Waits for a person: at the terminal, or by `pgcleave approve` from elsewhere.",
       .parameters =
           {{"text", runbook::Type::text, nullptr, true, "the question", {}},
            {"words", runbook::Type::text, "", false, "only these words, typed exactly, approve; else `approve`", {}},
            {"no_words",
             runbook::Type::text,
             "ask",
             false,
             "when `words` is empty: ask all the same, or pass, since the output that gives the words has found "
             "nothing "
             "to ask",
             {"ask", "pass"}},
            {"expires", runbook::Type::duration, "15m", false, "how long an approval holds", {}}},
       .outputs = {{"by", "who approved"},
                   {"how", "at the terminal, or by command"},
                   {"words", "what was typed, if words were asked for"}},
       .changes = "",
       .undo = "nothing to undo: it only asks",
       .undo_kind = runbook::UndoKind::nothing,
       .traits = {.waits_for_person = true}},
      nullptr,
      observe_gate_approve,
      apply_gate_approve,
      nullptr};
}

}  // namespace pgcleave::steps

// Which steps a rollback goes through, once ownership was passed: all that its window needs, and what clients can spare
// the time for.
#include <algorithm>

#include "base/format.h"
#include "engine/run.h"

namespace pgcleave::engine {
namespace {

bool asks(const runbook::Meaning& meaning) {
  return meaning.waits_for_person;
}

// Shows something, makes a window shorter, or is of no use to a rollback. Never what tells which rows are given up, nor
// who decides on it.
bool can_be_spared(const runbook::Meaning& meaning) {
  return meaning.spared || (!meaning.changes && !meaning.gives_up && !meaning.waits_for_person);
}

}  // namespace

// What a rollback needs must stand before it begins: a run that stopped while verifying is verified first, up to where
// a person is asked; who goes back has answered that. Not whether clients get through at the side that they leave.
Result<void> Run::prove_rollback() {
  const auto* verify = phase_of("verify");
  if (verify == nullptr || taken(true)) return {};
  auto proofs = *verify;
  auto& lines = proofs.steps;
  lines.erase(
      std::find_if(lines.begin(), lines.end(), [](const auto& line) { return asks(kind(line).description.meaning); }),
      lines.end());
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [](const auto& line) { return kind(line).description.meaning.routes; }),
              lines.end());
  if (recorder_.record().emergency) TRY(leave_out(proofs));
  if (!lines.empty() && talk_.say) talk_.say("verify, since the rollback needs it");
  return outside_window(proofs);
}

// Told and written down, each that is not settled.
Result<void> Run::leave_out(runbook::Phase& phase) {
  auto& lines = phase.steps;
  const auto stays = [&](const auto& line) { return !can_be_spared(kind(line).description.meaning); };
  const auto rest = std::stable_partition(lines.begin(), lines.end(), stays);
  for (auto line = rest; line != lines.end(); ++line) {
    const auto known = recorder_.record().steps.find(line->id);
    const auto status = known == recorder_.record().steps.end() ? StepStatus::untouched : known->second.status;
    if (status == StepStatus::done || status == StepStatus::adopted || status == StepStatus::skipped) continue;
    if (talk_.warn) talk_.warn(fmt::format("  {:<22} left out, by --emergency", line->id));
    TRY(recorder_.write("step.skipped", {{"step", line->id}, {"condition", left_out_by_emergency}}));
  }
  lines.erase(rest, lines.end());
  return {};
}

// In an emergency nothing comes before the window that it can do without.
Result<runbook::Phase> Run::lines_of(const runbook::Phase& phase) {
  auto lines = phase;
  const bool spare = recorder_.record().emergency && phase.is_rollback() && !phase.is_window && !taken(true);
  if (spare) TRY(leave_out(lines));
  return lines;
}

// By id, as they were left out.
std::string Run::what_was_left_out() const {
  std::string ids;
  for (const auto& [id, step] : recorder_.record().steps) {
    if (step.status == StepStatus::skipped && step.note == left_out_by_emergency) ids += (ids.empty() ? "" : ", ") + id;
  }
  return ids.empty() ? "" : "; by --emergency without " + ids;
}

}  // namespace pgcleave::engine

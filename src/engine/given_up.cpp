#include "engine/given_up.h"

#include "base/fields.h"
#include "base/format.h"
#include "engine/run_state.h"

namespace pgcleave::engine {

std::string given_up_in_words(const runbook::Runbook& definition, const RunRecord& run, const std::string& target) {
  std::optional<std::string> only_there;
  std::string differing;
  for (const auto& phase : definition.phases) {
    for (const auto& line : phase.steps) {
      const auto known = run.steps.find(line.id);
      if (!phase.is_rollback() || !kind_of(line).description.traits.gives_up || known == run.steps.end()) continue;
      const auto& outputs = known->second.outputs;
      if (!outputs.contains("given_up")) continue;
      const auto rows = text_in(outputs, "given_up");
      if (outputs.contains("differences")) {
        differing = rows;
      } else {
        only_there = rows;
      }
    }
  }
  std::string text;
  if (only_there && !only_there->empty()) text = fmt::format(", without {}, written on {}", *only_there, target);
  if (!differing.empty()) text += fmt::format(", and with {}", differing);
  return only_there && text.empty() ? ", no write was left behind" : text;
}

}  // namespace pgcleave::engine

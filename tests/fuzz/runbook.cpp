// A runbook, as somebody wrote it.
#include "runbook/runbook.h"

#include "runbook/expressions.h"
#include "steps/registry.h"
#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto vocabulary = steps::vocabulary();
  const auto read = runbook::read_runbook("runbook.yml", fuzz::text_of(data, size), vocabulary);
  fuzz::require(read.value.has_value() == read.problems.empty(), "a runbook is read or has problems");
  for (const auto& problem : read.problems) fuzz::require_printable(problem.text());
  if (!read.value) return 0;
  for (const auto& note : runbook::notes(*read.value, vocabulary)) fuzz::require_printable(note.text());
  const auto params = runbook::resolve_params(*read.value, {});
  const Json scope{{"params", params ? *params : Json::object()}, {"env", Json::object()}};
  for (const auto& phase : read.value->phases) {
    for (const auto& step : phase.steps) {
      const auto with = runbook::resolve_with(step, *runbook::find(vocabulary, step.uses), scope);
      if (!with) fuzz::require_printable(with.error().text());
    }
  }
  return 0;
}

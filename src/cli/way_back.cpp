#include "cli/way_back.h"

#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "cli/files.h"
#include "cli/same_environment.h"
#include "steps/link_health.h"

namespace pgcleave::cli {
namespace {

constexpr auto patience_of_a_look = std::chrono::seconds(3);

// The steps of any runbook that make a way back by replication.
bool has_way_back(const engine::RunRecord& run) {
  for (const auto& [id, step] : run.steps) {
    const bool done = step.status == engine::StepStatus::done || step.status == engine::StepStatus::adopted;
    if (done && step.uses == "replication.start_reverse") return true;
  }
  return false;
}

Result<steps::LinkHealth> look(const runbook::Environment& environment, const runbook::Split& split) {
  TRY_ASSIGN(auto world, steps::open_world(environment, split, Deadline::in(patience_of_a_look)));
  return steps::look_at_link(world, steps::reverse_link(world), Deadline::in(patience_of_a_look));
}

}  // namespace

std::optional<Json> way_back_of(const engine::RunRecord& run, const Arguments& arguments) {
  const bool back = run.has_taken("rollback.window");
  if (!run.has_taken("window") || back || run.outcome == "rolled_back" || !has_way_back(run)) return {};
  const auto file = arguments.text("environment").empty() ? text_in(run.begun, "environment") : arguments.text("environment");
  const auto environment = read_environment_file(file);
  const auto split = runbook::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value) return Json{{"error", "the files of this run can't be read"}};
  if (const auto same = same_environment(run, *environment); !same) return Json{{"error", same.error().text()}};
  const auto seen = look(*environment, *split.value);
  if (!seen) return Json{{"error", seen.error().text()}};
  return Json{
      {"lossless", seen->losses.empty()},   {"worker", seen->worker}, {"lag_bytes", seen->lag.count}, {"held_bytes", seen->held.count},
      {"apply_errors", seen->apply_errors}, {"losses", seen->losses}, {"text", seen->text()}};
}

void print_way_back(const Json& way_back) {
  if (way_back.contains("error")) {
    std::cout << "  way back: can't be looked at: " << printable(way_back.at("error").get<std::string>()) << "\n";
    return;
  }
  std::cout << "  way back: "
            << (way_back.at("lossless").get<bool>() ? "a rollback now would lose nothing" : "A ROLLBACK WOULD LOSE WRITES") << "; "
            << printable(way_back.at("text").get<std::string>()) << "\n";
  for (const auto& loss : way_back.at("losses")) std::cout << "    " << printable(loss.get<std::string>()) << "\n";
}

}  // namespace pgcleave::cli

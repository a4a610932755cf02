#include "runbook/runbook.h"

#include <algorithm>

#include "base/format.h"
#include "base/sha256.h"
#include "runbook/evidence.h"
#include "runbook/params.h"
#include "runbook/phases.h"
#include "runbook/proof.h"
#include "runbook/template.h"

namespace pgcleave::runbook {
namespace {

bool is_runbook_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return config::is_word(name);
}

void read_name(config::Fields& top, Runbook& runbook, config::Problems& problems) {
  runbook.name = top.required_text("name");
  const auto* entry = top.optional("name");
  if (entry == nullptr || runbook.name.empty() || is_runbook_name(runbook.name)) return;
  problems.add(entry->value.at, fmt::format("{} is not a name for a runbook", config::shown(runbook.name)),
               "use small letters, digits, - and _, a letter first, at most 63 characters");
}

void read_top(const config::Node& root, Runbook& runbook, const Vocabulary& vocabulary, config::Problems& problems) {
  config::Fields top(root, "the runbook", root.at, problems);
  if (!top.is_map()) return;
  read_version(top, "pgcleave", problems);
  read_name(top, runbook, problems);
  runbook.summary = top.text("summary");
  read_evidence(top, runbook, problems);
  if (const auto* params = top.map("params")) runbook.params = read_params(*params, problems);
  Known known(vocabulary, runbook.params, problems);
  runbook.phases = read_phases(top, known, problems);
  top.finish();
  if (runbook.phases.empty() && problems.empty()) problems.add(root.at, "the runbook has no steps");
  prove(runbook, vocabulary, problems);
}

}  // namespace

const StepLine* Runbook::step(const std::string& id) const {
  for (const auto& phase : phases) {
    for (const auto& step : phase.steps) {
      if (step.id == id) return &step;
    }
  }
  return nullptr;
}

config::Read<Runbook> read_runbook(const std::string& path, const std::string& text, const Vocabulary& vocabulary) {
  config::Problems problems(path);
  Runbook runbook;
  runbook.path = path;
  runbook.text = text;
  runbook.sha256 = sha256(text);
  if (const auto root = parse_yaml(text, problems)) read_top(*root, runbook, vocabulary, problems);
  if (!problems.empty()) return {std::nullopt, problems.sorted()};
  return {std::move(runbook), {}};
}

}  // namespace pgcleave::runbook

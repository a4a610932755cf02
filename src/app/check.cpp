#include "app/check.h"

#include <algorithm>

#include "app/identity.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/units.h"
#include "base/version.h"
#include "checks/access/files.h"
#include "checks/families.h"

namespace pgcleave::app {
namespace {

struct Checked {
  config::Environment environment;
  config::Split split;
  std::optional<runbook::Change> change;
  checks::Findings findings;
  double ms = 0;
};

Json families_of(const std::vector<checks::Family>& families) {
  Json names = Json::array();
  for (const auto& family : families) names.push_back(family.name);
  return names;
}

// What was found is evidence for a report. Nothing depends on it, so a journal that can't be written is only told.
void record(const Checked& checked, const std::string& journal_file) {
  const auto& environment = checked.environment;
  const auto* runbook = checked.change ? &checked.change->runbook : nullptr;
  Json findings = Json::array();
  for (const auto& finding : checked.findings) findings.push_back(checks::json_of(finding));
  auto journal = journal::Journal::open(journal_file, Deadline::in(std::chrono::seconds(2)));
  const auto written = journal ? journal->append(journal::new_id("c"), "check.done",
                                                 {{"environment_name", environment.name},
                                                  {"class", environment.production ? "production" : "staging"},
                                                  {"split_name", checked.split.name},
                                                  {"split_sha256", sha256(checked.split.text)},
                                                  {"runbook", runbook != nullptr ? runbook->path : ""},
                                                  {"runbook_sha256", runbook != nullptr ? runbook->sha256 : ""},
                                                  {"families", families_of(checks::families())},
                                                  {"findings", findings},
                                                  {"operator", operator_name()},
                                                  {"version", version()},
                                                  {"ms", checked.ms}},
                                                 journal::Durability::disk)
                               : fail(journal.error());
  if (!written) log::warn("what was found could not be recorded for a report: " + written.error().text());
}

// What is to be looked at.
config::Read<Checked> subject_of(const ChangeNamed& named) {
  Checked checked;
  if (!named.runbook.empty()) {
    auto change = read_change(named);
    if (!change.value) return {{}, std::move(change.problems)};
    checked.change = std::move(*change.value);
    checked.environment = checked.change->environment;
    checked.split = checked.change->split;
    return {std::move(checked), {}};
  }
  auto environment = read_environment_file(named.files.environment);
  if (!environment.value) return {{}, std::move(environment.problems)};
  auto split = read_split_for(named.files, *environment.value);
  if (!split.value) return {{}, std::move(split.problems)};
  checked.environment = std::move(*environment.value);
  checked.split = std::move(*split.value);
  return {std::move(checked), {}};
}

void look(Checked& checked, const std::string& journal_file, Duration observe) {
  auto files = checks::access_files(checked.environment, journal_file);
  // With a passfile or a key that libpq does not use, every login would be told to be refused.
  if (checks::keep_from_logging_in(files)) {
    checked.findings = std::move(files);
    return;
  }
  const auto began = Monotonic::now();
  auto world = world::unopened_world(checked.environment, checked.split);
  checked.findings = checks::inspect(world, checks::families(), {checked.change ? &*checked.change : nullptr, observe},
                                     time_per_family);
  checked.findings.insert(checked.findings.begin(), files.begin(), files.end());
  checked.ms = milliseconds(std::chrono::duration_cast<Duration>(Monotonic::now() - began));
}

}  // namespace

config::Read<checks::Findings> check(const CheckAsked& asked) {
  auto checked = subject_of(asked.change);
  if (!checked.value) return {{}, std::move(checked.problems)};
  const auto journal_file = journal_path(asked.change.files, &checked.value->environment);
  look(*checked.value, journal_file, asked.observe);
  const auto& findings = checked.value->findings;
  const auto files_fit = std::none_of(findings.begin(), findings.end(),
                                      [](const auto& finding) { return finding.id.rfind("access.journal", 0) == 0; });
  if (files_fit) record(*checked.value, journal_file);
  return {std::move(checked.value->findings), {}};
}

Result<std::vector<checks::Login>> try_logins(const config::Environment& environment, const config::Split& split) {
  auto world = world::unopened_world(environment, split);
  checks::CheckContext context(world, {}, Deadline::in(time_per_family));
  return checks::try_logins(context);
}

}  // namespace pgcleave::app

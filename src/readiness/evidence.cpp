#include "readiness/evidence.h"

#include <filesystem>

#include "base/fields.h"
#include "base/sha256.h"
#include "base/units.h"
#include "runbook/expressions.h"

namespace pgcleave::readiness {
namespace {

std::vector<Signature> signatures_in(const journal::Journal& journal, const Change& change) {
  std::vector<Signature> signatures;
  const auto signed_ones = journal.events_of_type("readiness.signed");
  if (!signed_ones) return signatures;
  for (const auto& event : *signed_ones) {
    const auto is = [&](const char* key, const std::string& wanted) { return text_in(event.data, key) == wanted; };
    if (!is("runbook_sha256", change.runbook.sha256) || !is("split_sha256", sha256(change.split.text)) ||
        !is("environment_name", change.environment.name) || !is("environment_sha256", sha256(change.environment.text)))
      continue;
    signatures.push_back(
        {text_in(event.data, "role"), text_in(event.data, "by"), text_in(event.data, "text"), event.at_us});
  }
  return signatures;
}

std::vector<engine::RunRecord> open_runs_in(const journal::Journal& journal, const std::string& split) {
  std::vector<engine::RunRecord> open;
  const auto begun = journal.events_of_type("run.begun");
  if (!begun) return open;
  for (const auto& event : *begun) {
    if (text_in(event.data, "split_name") != split) continue;
    const auto events = journal.events(event.run);
    if (!events) continue;
    auto run = engine::replay(*events);
    if (run.is_open()) open.push_back(std::move(run));
  }
  return open;
}

}  // namespace

Evidence evidence_for(const Change& change) {
  Evidence evidence;
  auto journals = change.environment.rehearsals;
  std::error_code unknown;
  if (std::filesystem::exists(change.journal, unknown)) {
    journals.push_back(change.journal);
    if (const auto journal = journal::Journal::open_to_read(change.journal, Deadline::in(std::chrono::seconds(5)))) {
      evidence.signatures = signatures_in(*journal, change);
      evidence.open_runs = open_runs_in(*journal, change.split.name);
      evidence.compared = last_comparison(*journal, change.split.name, change.environment.name).value_or(std::nullopt);
    }
  }
  evidence.rehearsed = rehearsed(journals, change.runbook.name,
                                 {change.runbook.sha256, sha256(change.split.text), change.binary_sha256,
                                  change.runbook.rehearsal.max_age, change.now_us});
  return evidence;
}

const Signature* newest_of(const std::vector<Signature>& signatures, const std::string& role) {
  const Signature* newest = nullptr;
  for (const auto& one : signatures) {
    if (one.role == role && (newest == nullptr || one.at_us >= newest->at_us)) newest = &one;
  }
  return newest;
}

}  // namespace pgcleave::readiness

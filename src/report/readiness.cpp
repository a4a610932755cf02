#include "report/readiness.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "base/sha256.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

using checks::Finding;
using checks::Severity;

// A word that this version does not know is taken for the worst.
Severity severity_of(const std::string& name) {
  for (const auto severity : {Severity::warning, Severity::note}) {
    if (name == checks::name_of(severity)) return severity;
  }
  return Severity::blocker;
}

Finding finding_of(const Json& data) {
  return {text_in(data, "id"),     severity_of(text_in(data, "severity")),
          text_in(data, "object"), text_in(data, "evidence"),
          text_in(data, "query"),  text_in(data, "why"),
          text_in(data, "fix")};
}

bool is_of(const journal::Event& event, const runbook::Change& change) {
  return text_in(event.data, "environment_name") == change.environment.name &&
         text_in(event.data, "split_sha256") == sha256(change.split.text) &&
         text_in(event.data, "runbook_sha256") == change.runbook.sha256;
}

// "" when there is a check that still tells the truth.
std::optional<Finding> fault_of_check(const Readiness& readiness) {
  const auto& change = readiness.change;
  const auto fix = fmt::format("pgcleave check -e {} --runbook {}", change.environment.path, change.runbook.path);
  const auto object = "environment " + change.environment.name;
  if (!readiness.check) {
    return Finding{"readiness.not_checked",
                   Severity::blocker,
                   object,
                   "no check of this environment with this split and this runbook is in the journal",
                   "",
                   "what is wrong with the two sides is not known",
                   fix};
  }
  const auto age_us = change.now_us - readiness.check->at_us;
  if (age_us <= std::chrono::duration_cast<std::chrono::microseconds>(longest_age_of_check).count()) return {};
  return Finding{"readiness.check_stale",
                 Severity::blocker,
                 object,
                 fmt::format("the newest check is {} old", duration(static_cast<double>(age_us) / 1000)),
                 "",
                 "the sides may have changed since",
                 fix};
}

std::optional<Finding> fault_of(const Chain& chain) {
  if (chain.broken.empty()) return {};
  return Finding{"readiness.journal_changed",
                 Severity::blocker,
                 "journal " + chain.journal,
                 chain.broken,
                 "",
                 "what it says was changed after it was written",
                 "find out who changed it, and rehearse again with a new journal"};
}

}  // namespace

std::optional<CheckMade> newest_check(const journal::Journal& journal, const runbook::Change& change) {
  const auto events = journal.events_of_type("check.done");
  if (!events) return {};
  const auto newest =
      std::find_if(events->rbegin(), events->rend(), [&](const auto& event) { return is_of(event, change); });
  if (newest == events->rend()) return {};
  CheckMade check{newest->run, newest->at_us, text_in(newest->data, "operator"), {}, {}};
  for (const auto& family : list_in(newest->data, "families")) {
    if (family.is_string()) check.families.push_back(family.get<std::string>());
  }
  for (const auto& finding : list_in(newest->data, "findings")) check.findings.push_back(finding_of(finding));
  return check;
}

checks::Findings findings_of(const Readiness& readiness) {
  checks::Findings all;
  for (const auto& chain : readiness.chains) {
    if (const auto fault = fault_of(chain)) all.push_back(*fault);
  }
  if (const auto fault = fault_of_check(readiness)) all.push_back(*fault);
  all.insert(all.end(), readiness.process.begin(), readiness.process.end());
  if (readiness.check) {
    // The process was judged then too; now is what counts.
    std::copy_if(readiness.check->findings.begin(), readiness.check->findings.end(), std::back_inserter(all),
                 [](const auto& finding) { return finding.id.rfind("process.", 0) != 0; });
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.severity < b.severity; });
  return all;
}

}  // namespace pgcleave::report

// Who answers for it, what would call for a rollback, and by which hashes all of this can be found again.
#include <algorithm>

#include "base/format.h"
#include "base/sha256.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
Section watch_section(const Readiness& readiness) {
  Section section{"watch", "What would call for a rollback", {}};
  const auto& watch = readiness.change.runbook.watch;
  if (watch.empty()) {
    section.say("The runbook names nothing. Its key `watch` takes the figures that would, in words.");
    return section;
  }
  List list;
  for (const auto& line : watch) list.items.push_back({line, Mark::none});
  section.add(std::move(list));
  return section;
}

Section signatures_section(const Readiness& readiness) {
  Section section{"signatures", "Roles and sign-offs", {}};
  const auto& roles = readiness.change.runbook.roles;
  if (roles.empty()) section.say("The runbook asks for nobody's signature. Its key `roles` names who must sign.");
  Table table{{{"role"}, {"state"}, {"who"}, {"when"}, {"words"}}, {}};
  for (const auto& role : roles) {
    const auto* one = readiness::newest_of(readiness.evidence.signatures, role);
    if (one == nullptr) {
      table.rows.push_back({{role}, {"open", Mark::bad}, {}, {}, {}});
    } else {
      table.rows.push_back({{role}, {"signed", Mark::good}, {one->by}, {utc(one->at_us)}, {one->text}});
    }
  }
  for (const auto& one : readiness.evidence.signatures) {
    if (std::find(roles.begin(), roles.end(), one.role) == roles.end()) {
      table.rows.push_back({{one.role}, {"signed, not asked for", Mark::note}, {one.by}, {utc(one.at_us)}, {one.text}});
    }
  }
  if (!table.rows.empty()) section.add(std::move(table));
  return section;
}

Section sources_section(const Readiness& readiness) {
  const auto& change = readiness.change;
  Section section{"evidence", "Evidence", {}};
  section.say(
      "Times and verdicts come from the journals alone, whose events are chained by hashes. A rehearsal or a signature "
      "counts "
      "for exactly these files:");
  Table files{{{"what"}, {"file"}, {"sha256"}}, {}};
  files.rows = {{{"runbook"}, code(change.runbook.path), code(change.runbook.sha256)},
                {{"split"}, code(change.split.path), code(sha256(change.split.text))},
                {{"pgcleave"}, {"the program"}, code(change.binary_sha256)}};
  section.add(std::move(files));
  Table journals{{{"journal"}, {"hash chain"}, {"last event"}}, {}};
  for (const auto& chain : readiness.chains) {
    journals.rows.push_back({code(chain.journal),
                             chain.broken.empty() ? Cell{"whole", Mark::good} : Cell{chain.broken, Mark::bad},
                             code(chain.head)});
  }
  if (!journals.rows.empty()) section.add(std::move(journals));
  return section;
}

}  // namespace pgcleave::report

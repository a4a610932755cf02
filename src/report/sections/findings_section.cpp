#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {

using checks::Severity;

Mark mark_of(Severity severity) {
  switch (severity) {
    case Severity::blocker: return Mark::bad;
    case Severity::warning: return Mark::warning;
    case Severity::note: return Mark::note;
  }
  return Mark::bad;
}

Section findings_section(const Readiness& readiness) {
  Section section{"findings", "Findings", {}};
  const auto findings = findings_of(readiness);
  if (readiness.check) {
    section.say(fmt::format("Both sides were looked at on {} by {}: {}.", utc(readiness.check->at_us),
                            readiness.check->who, fmt::join(readiness.check->families, ", ")));
  }
  if (findings.empty()) section.say("Nothing was found.");
  Table notes{{{"note"}, {"object"}, {"seen"}}, {}};
  for (const auto& finding : findings) {
    if (finding.severity == Severity::note) {
      notes.rows.push_back({code(finding.id), {finding.object}, {finding.evidence}});
      continue;
    }
    section.add(Card{finding.id,
                     checks::name_of(finding.severity),
                     mark_of(finding.severity),
                     {{"object", {finding.object}},
                      {"seen", {finding.evidence}},
                      {"by", code(finding.query)},
                      {"why", {finding.why}},
                      {"fix", code(finding.fix)}}});
  }
  if (!notes.rows.empty()) section.add(std::move(notes));
  return section;
}

Section compared_section(const Readiness& readiness) {
  const auto& change = readiness.change;
  return rows_section(readiness.evidence.compared, compare_command(change), change.now_us);
}

}  // namespace pgcleave::report

#include "checks/finding.h"

#include <algorithm>
#include <iterator>

#include "base/format.h"

namespace pgcleave::checks {

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::blocker: return "blocker";
    case Severity::warning: return "warning";
    case Severity::note: return "note";
  }
  return "blocker";
}

void take(Findings& all, Findings found) {
  all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

std::string shortened(const std::string& text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  auto end = most_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("{} ...", text.substr(0, end));
}

Json json_of(const Finding& finding) {
  return {{"id", finding.id},         {"severity", name_of(finding.severity)},
          {"object", finding.object}, {"evidence", finding.evidence},
          {"query", finding.query},   {"why", finding.why},
          {"fix", finding.fix}};
}

std::size_t count(const Findings& findings, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& one) { return one.severity == severity; }));
}

}  // namespace pgcleave::checks

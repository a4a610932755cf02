#include "checks/finding.h"

#include <algorithm>
#include <array>
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

namespace {

// They come and go with what clients do, whoever moved what.
constexpr std::array of_the_load{"schema.sequential_scan", "schema.sequence_nearly_used_up",
                                 "settings.connections_left", "topology.bouncer_clients_near_limit",
                                 "topology.member_lags"};

bool is_of_the_load(const Finding& finding) {
  return std::any_of(of_the_load.begin(), of_the_load.end(), [&](const char* id) { return finding.id == id; });
}

bool is_at_least(Severity severity, Severity least) {
  return severity == Severity::blocker || (severity == Severity::warning && least != Severity::blocker) ||
         least == Severity::note;
}

}  // namespace

std::string title_of(const Finding& finding) {
  return fmt::format("{} ({})", finding.id, finding.object);
}

Picture::Picture(const Findings& found) {
  for (const auto& finding : found) known_.insert(title_of(finding));
}

std::vector<std::string> Picture::new_in(const Findings& now, Severity least) const {
  std::vector<std::string> found;
  for (const auto& finding : now) {
    const auto title = title_of(finding);
    if (is_at_least(finding.severity, least) && !is_of_the_load(finding) && !known_.contains(title))
      found.push_back(title);
  }
  return found;
}

}  // namespace pgcleave::checks

#include "checks/picture.h"

#include <algorithm>
#include <array>

#include "base/format.h"

namespace pgcleave::checks {
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

#include "engine/approvals.h"

#include <algorithm>

#include "engine/record.h"

namespace pgcleave::engine {

std::function<std::optional<steps::Approval>(const std::string&, const std::string&, Duration)> approvals(
    const journal::Journal& journal, const std::string& run, std::vector<std::string> beforehand, const std::string& by, Ask ask) {
  return [&journal, run, beforehand = std::move(beforehand), by, ask = std::move(ask)](const std::string& step, const std::string& text,
                                                                                       Duration expires) -> std::optional<steps::Approval> {
    if (std::find(beforehand.begin(), beforehand.end(), step) != beforehand.end())
      return steps::Approval{true, by, "beforehand, by --approve"};
    if (const auto events = journal.events(run); events) {
      const auto record = replay(*events);
      const auto given = record.approvals.find(step);
      if (given != record.approvals.end() && utc_now_us() - given->second.at_us <= expires.count()) {
        return steps::Approval{true, given->second.by, given->second.how};
      }
    }
    if (ask) return ask(text);
    return {};
  };
}

}  // namespace pgcleave::engine

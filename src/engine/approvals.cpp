#include "engine/approvals.h"

#include <algorithm>

#include "engine/record.h"

namespace pgcleave::engine {

namespace {

// No value: this gate was not named beforehand.
std::optional<world::Approval> answered_beforehand(const std::vector<std::string>& beforehand,
                                                   const world::Question& question, const std::string& by) {
  std::optional<world::Approval> answer;
  for (const auto& entry : beforehand) {
    const auto equals = entry.find('=');
    if (entry.substr(0, equals) != question.step) continue;
    const auto words = equals == std::string::npos ? std::string() : entry.substr(equals + 1);
    answer = world::Approval{words == question.words, by, "beforehand, by --approve", words};
    if (answer->given) break;
  }
  return answer;
}

}  // namespace

std::function<std::optional<world::Approval>(const world::Question&)> approvals(const journal::Journal& journal,
                                                                                const std::string& run,
                                                                                std::vector<std::string> beforehand,
                                                                                const std::string& by, Ask ask) {
  return [&journal, run, beforehand = std::move(beforehand), by,
          ask = std::move(ask)](const world::Question& question) -> std::optional<world::Approval> {
    if (auto answer = answered_beforehand(beforehand, question, by)) return answer;
    if (const auto events = journal.events(run); events) {
      const auto record = replay(*events);
      const auto given = record.approvals.find(question.step);
      if (given != record.approvals.end() && given->second.words == question.words &&
          utc_now_us() - given->second.at_us <= question.expires.count()) {
        return world::Approval{true, given->second.by, given->second.how, given->second.words};
      }
    }
    if (ask && question.at_the_terminal) return ask(question);
    return {};
  };
}

}  // namespace pgcleave::engine

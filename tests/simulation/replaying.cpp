#include "replaying.h"

#include <cstdlib>
#include <sstream>

#include "base/format.h"
#include "explorer.h"

namespace pgcleave::simulation {
namespace {

std::optional<Outcome> outcome_named(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(Outcome::target_fails_over); ++i) {
    if (name == name_of(static_cast<Outcome>(i))) return static_cast<Outcome>(i);
  }
  return {};
}

std::vector<std::string> split_at_blanks(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string words_of(const std::string& report) {
  const auto begin = report.find('\'');
  const auto end = report.find('\'', begin + 1);
  return end == std::string::npos ? "" : report.substr(begin + 1, end - begin - 1);
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all{
      {"logical-switchover", false, true},        {"logical-switchover", true, true},
      {"promote-standby", false, true},           {"promote-standby", true, true},
      {"maintenance-window", false, false},       {"maintenance-window", true, false},
      {"logical-switchover", false, true, 24, 1}, {"logical-switchover", true, true, 24, 1}};
  return all;
}

std::optional<std::string> replay_path(const std::string& text) {
  const auto words = split_at_blanks(text);
  if (words.size() < 3) return {};
  Plan plan;
  plan.faults = 0;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto colon = words[i].find(':');
    const auto outcome = colon == std::string::npos ? std::nullopt : outcome_named(words[i].substr(colon + 1));
    if (!outcome) return {};
    plan.only.push_back({std::atoi(words[i].c_str()), *outcome, ""});
  }
  for (const auto& scenario : scenarios()) {
    if (name_of(scenario) != words[0] + " " + words[1]) continue;
    std::string wrong;
    explore(
        plan, [&] { return path(scenario, words[2] == "rollback"); }, [&](const std::string& line) { wrong = line; });
    return wrong;
  }
  return {};
}

std::string shortened(const std::string& report) {
  auto words = split_at_blanks(words_of(report));
  auto shortest = report;
  for (std::size_t i = 3; i < words.size() && words.size() > 4;) {
    auto fewer = words;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const auto still = replay_path(fmt::format("{}", fmt::join(fewer, " ")));
    if (still && !still->empty()) {
      words = fewer;
      shortest = *still;
    } else {
      ++i;
    }
  }
  return shortest;
}

}  // namespace pgcleave::simulation

#include "summary.h"

#include <fmt/format.h>

#include <set>

namespace pgcleave_worlds {
namespace {

// Numbers and paths out, so that equal reasons are counted together, on whatever machine.
std::string pattern_of(const std::string& text) {
  std::string out;
  bool digits = false, path = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    path = path ? letter != ' ' && letter != ':' : letter == '/' && (at == 0 || text[at - 1] == ' ');
    if (path && (at == 0 || text[at - 1] == ' ')) out += "FILE";
    if (path) continue;
    const bool digit = letter >= '0' && letter <= '9';
    if (!digit)
      out += letter;
    else if (!digits)
      out += '#';
    digits = digit;
  }
  return out.substr(0, 160);
}

}  // namespace

void Summary::add(const WorldPlan& plan, const Verdict& verdict) {
  ++worlds_;
  acknowledged_ += verdict.acknowledged;
  seconds_ += verdict.seconds;
  processor_seconds_ += verdict.processor_seconds;
  for (const auto& [way, count] : verdict.ways) ways_[way] += count;
  for (const auto& [outcome, count] : verdict.outcomes) outcomes_[outcome] += count;
  if (verdict.broken_lab) {
    ++broken_labs_;
    broken_because_.push_back(fmt::format("world {}: {}", plan.number, verdict.why_broken));
  }
  std::set<std::string> kinds;
  for (const auto& violation : verdict.violations) kinds.insert(violation.kind);
  for (const auto& kind : kinds) ++violations_[kind];
  if (!kinds.empty()) ++failing_;
  for (const auto& refusal : verdict.refusals) {
    const auto text = pattern_of(refusal.event + ": " + refusal.reason);
    ++(refusal.explained ? refusals_ : to_look_at_)[text];
    if (refusal.explained) ++refused_rightly_;
  }
}

void Summary::found(const WorldPlan& plan, const std::string& scenario) {
  failing_worlds_.push_back({{"world", plan.number}, {"scenario", scenario}});
}

void Summary::stopped(const WorldPlan& plan, const std::string& scenario) {
  stopped_worlds_.push_back({{"world", plan.number}, {"scenario", scenario}});
}

nlohmann::json Summary::json(std::uint64_t seed, double minutes) const {
  return {{"seed", seed},
          {"minutes", minutes},
          {"worlds", worlds_},
          {"failing", failing_},
          {"violations", violations_},
          {"acknowledged", acknowledged_},
          {"found_after_minutes", found_after_minutes_},
          {"refusals", refusals_},
          {"refusals_to_look_at", to_look_at_},
          {"outcomes", outcomes_},
          {"ways", ways_},
          {"seconds_of_a_world", worlds_ == 0 ? 0 : seconds_ / worlds_},
          {"processor_seconds_of_a_world", worlds_ == 0 ? 0 : processor_seconds_ / worlds_},
          {"broken_labs", broken_labs_},
          {"stopped_worlds", stopped_worlds_},
          {"broken_because", broken_because_},
          {"failing_worlds", failing_worlds_}};
}

std::string Summary::text(std::uint64_t seed, double minutes) const {
  std::string out = fmt::format(
      "seed {}: {} worlds in {:.1f} minutes, {:.1f} s each ({:.1f} s of a processor by servers), {} statements "
      "acknowledged, {} worlds not finished by the "
      "harness\n",
      seed, worlds_, minutes, worlds_ == 0 ? 0 : seconds_ / worlds_, worlds_ == 0 ? 0 : processor_seconds_ / worlds_,
      acknowledged_, broken_labs_);
  const auto list = [&](const char* title, const std::map<std::string, int>& counts) {
    out += fmt::format("{}: {}\n", title, counts.empty() ? "none" : "");
    for (const auto& [text, count] : counts) out += fmt::format("  {:4}  {}\n", count, text);
  };
  list("worlds with violations, by kind", violations_);
  if (found_after_minutes_ > 0) out += fmt::format("the first was seen after {:.1f} minutes\n", found_after_minutes_);
  list("refusals that are right", refusals_);
  list("refusals to look at", to_look_at_);
  list("exit codes", outcomes_);
  for (const auto& why : broken_because_) out += "not finished: " + why + "\n";
  return out;
}

}  // namespace pgcleave_worlds

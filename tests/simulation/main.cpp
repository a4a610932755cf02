// pgcleave-simulation: the real engine, steps and runbooks over fake products and a fake clock; every fault, and pairs of them.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "base/format.h"
#include "explorer.h"
#include "model/universe.h"
#include "program.h"
#include "trial.h"

namespace {

using namespace pgcleave::simulation;

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all{{"logical-switchover", false, true},
                                         {"logical-switchover", true, true},
                                         {"promote-standby", false, true},
                                         {"promote-standby", true, true},
                                         {"maintenance-window", false, false},
                                         {"maintenance-window", true, false}};
  return all;
}

Outcome outcome_named(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(Outcome::power_cut); ++i) {
    if (name == name_of(static_cast<Outcome>(i))) return static_cast<Outcome>(i);
  }
  std::cerr << "no such outcome: " << name << "\n";
  std::exit(2);
}

// "promote-standby forward resume 17:crash_before 43:lost_reply"
int only(const std::string& words) {
  std::istringstream in(words);
  std::string runbook;
  std::string direction;
  std::string then;
  in >> runbook >> direction >> then;
  Plan plan;
  for (std::string word; in >> word;) {
    const auto colon = word.find(':');
    plan.only.push_back({std::atoi(word.substr(0, colon).c_str()), outcome_named(word.substr(colon + 1)), ""});
  }
  plan.faults = 0;
  for (auto scenario : scenarios()) {
    if (scenario.runbook != runbook || scenario.back != (direction == "back")) continue;
    bool failed = false;
    explore(plan, [&] { return path(scenario, then == "rollback"); },
            [&](const std::string& line) {
              failed = true;
              std::cout << line << "\n";
            });
    if (!failed) std::cout << "all is well\n";
    return failed ? 1 : 0;
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--converse") {
    begin_universe();
    std::cout << Program("promote-standby").converse();
    return 0;
  }
  Plan plan;
  std::string which;
  int limit = 20;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "--only") return only(value);
    if (option == "--faults") plan.faults = std::atoi(value.c_str());
    if (option == "--jobs") plan.jobs = std::atoi(value.c_str());
    if (option == "--seed") plan.seed = std::strtoull(value.c_str(), nullptr, 10);
    if (option == "--second") plan.second = std::atof(value.c_str());
    if (option == "--scenario") which = value;
    if (option == "--show") limit = std::atoi(value.c_str());
  }
  std::int64_t failures = 0;
  for (const auto& scenario : scenarios()) {
    const auto name = scenario.runbook + (scenario.back ? " back" : " forward");
    if (!which.empty() && name != which) continue;
    const auto began = std::chrono::steady_clock::now();
    int shown = 0;
    const auto counts = explore(plan, [&] { return path(scenario, false); },
                                [&](const std::string& line) {
                                  if (++shown <= limit) std::cout << line << "\n";
                                });
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::cout << fmt::format("{}: {} points, {} places to die at; {} single faults, {} pairs; {} failed; {:.1f} s, seed {}\n", name, counts.points,
                             counts.crashes, counts.by_faults[1], counts.by_faults[2], counts.failed, seconds, plan.seed);
    failures += counts.failed;
  }
  return failures == 0 ? 0 : 1;
}

// pgcleave-simulation: the real engine, steps and runbooks over fake products and a fake clock; every fault, and pairs
// of them.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "base/format.h"
#include "base/json.h"
#include "explorer.h"
#include "model/universe.h"
#include "program.h"
#include "replaying.h"

namespace {

using namespace pgcleave::simulation;

constexpr const char* usage =
    R"(usage: pgcleave-simulation [--faults N] [--second PART] [--seed N] [--jobs N] [--scenario NAME] [--show N]
                           [--runbooks FOLDER] [--json FILE]
       pgcleave-simulation --only 'RUNBOOK forward|back resume|rollback POINT:OUTCOME...'
       pgcleave-simulation --converse 1.18|1.24

--faults N     at most, on one path: 1 all single faults, 2 (the default) pairs too
--second PART  of the second faults, by seed (0.002). All pairs of deaths and lost replies at requests are tried in any
               case. 1: all, for hours
--scenario     one of them, such as 'promote-standby back', or 'logical-switchover@1.24 back' with that PgBouncer
--only         one path again, as a report names it
--converse     the conversation that the real products are asked too (tests/simulation/conversation), with that
               PgBouncer
)";

int explore_all(const Plan& plan, const std::string& which, int show, const std::string& figures) {
  std::int64_t failures = 0;
  Counts all;
  for (const auto& scenario : scenarios()) {
    if (!which.empty() && name_of(scenario) != which) continue;
    const auto began = std::chrono::steady_clock::now();
    std::set<std::string> reports;
    auto bounded = plan;
    bounded.faults = std::min(plan.faults, scenario.faults);
    const auto counts = explore(
        bounded, [&] { return path(scenario, false); },
        [&](const std::string& line) {
          if (static_cast<int>(reports.size()) < show) reports.insert(line);
        });
    std::set<std::string> shortest;
    for (const auto& report : reports) shortest.insert(shortened(report));
    for (const auto& report : shortest) std::cout << report << "\n";
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::cout << fmt::format(
                     "{}: {} points, {} crash points; {} trials of single faults, {} of pairs; {} failed; {:.0f} s\n",
                     name_of(scenario), counts.points, counts.crashes, counts.by_faults[1], counts.by_faults[2],
                     counts.failed, seconds)
              << std::flush;
    failures += counts.failed;
    all.crashes += counts.crashes;
    for (std::size_t i = 0; i < 4; ++i) all.by_faults[i] += counts.by_faults[i];
  }
  std::cout << fmt::format("in all: {} crash points, {} trials of single faults, {} of pairs, seed {}; {} failed\n",
                           all.crashes, all.by_faults[1], all.by_faults[2], plan.seed, failures);
  if (!figures.empty()) {
    std::ofstream(figures) << pgcleave::Json{{"crash_points", all.crashes},
                                             {"single", all.by_faults[1]},
                                             {"pairs", all.by_faults[2]},
                                             {"seed", plan.seed},
                                             {"failed", failures}}
                           << "\n";
  }
  return failures == 0 ? 0 : 1;
}

int only(const std::string& words) {
  const auto wrong = replay_path(words);
  if (!wrong) {
    std::cerr << usage;
    return 2;
  }
  std::cout << (wrong->empty() ? "all is well" : *wrong) << "\n";
  return wrong->empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options{
      {"--faults", "2"}, {"--second", "0.002"}, {"--seed", "1"},
      {"--jobs", "2"},   {"--scenario", ""},    {"--show", "20"},
      {"--only", ""},    {"--converse", ""},    {"--runbooks", PGCLEAVE_SOURCE_DIR "/runbooks"},
      {"--json", ""}};
  for (int i = 1; i < argc; i += 2) {
    const auto known = options.find(argv[i]);
    if (known == options.end() || i + 1 == argc) {
      std::cerr << usage;
      return 2;
    }
    known->second = argv[i + 1];
  }
  Program::read_runbooks_from(options["--runbooks"]);
  if (!options["--converse"].empty()) {
    begin_universe(options["--converse"] == "1.24" ? 24 : oldest_version);
    std::cout << Program("promote-standby").converse();
    return 0;
  }
  if (!options["--only"].empty()) return only(options["--only"]);
  Plan plan;
  plan.faults = std::atoi(options["--faults"].c_str());
  plan.second = std::atof(options["--second"].c_str());
  plan.seed = std::strtoull(options["--seed"].c_str(), nullptr, 10);
  plan.jobs = std::atoi(options["--jobs"].c_str());
  return explore_all(plan, options["--scenario"], std::atoi(options["--show"].c_str()), options["--json"]);
}

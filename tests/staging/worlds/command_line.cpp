// The program's only entry: worlds one after another, two at a time, until the time is up.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "../lab/waiting.h"
#include "shrink.h"
#include "summary.h"

namespace pgcleave_worlds {
namespace {

struct Options {
  Settings settings;
  std::uint64_t seed = 1;
  double minutes = 3;
  int worlds = 1'000'000, first = 1, only = 0, jobs = 2, shrink_seconds = 240;
  std::string without, json, damage;
  bool list = false, stale_members = false, until_found = false;
};

// Labs live below /tmp or TMPDIR: the servers run as another user.
std::filesystem::path working_folder() {
  const char* base = std::getenv("TMPDIR");
  std::string text = fmt::format("{}/pgcleave-worlds.XXXXXX", base && *base ? base : "/tmp");
  if (!::mkdtemp(text.data())) throw std::runtime_error("no folder can be made below " + text);
  std::filesystem::permissions(text, std::filesystem::perms(0711));
  return text;
}

class Driver {
 public:
  explicit Driver(Options options) : options_(std::move(options)) {}

  int run() {
    began_ = pgcleave_lab::Clock::now();
    deadline_ = began_ + std::chrono::milliseconds(static_cast<long long>(options_.minutes * 60'000));
    next_ = options_.only > 0 ? options_.only : options_.first;
    last_ = options_.only > 0 ? options_.only : options_.first + options_.worlds - 1;
    std::vector<std::thread> workers;
    for (int i = 0; i < (options_.only > 0 ? 1 : options_.jobs); ++i) workers.emplace_back([this] { work(); });
    for (auto& worker : workers) worker.join();
    const double minutes = std::chrono::duration<double>(pgcleave_lab::Clock::now() - began_).count() / 60;
    if (options_.list) return 0;
    fmt::print("{}", summary_.text(options_.seed, minutes));
    if (!options_.json.empty()) std::ofstream(options_.json) << summary_.json(options_.seed, minutes).dump(2) << "\n";
    if (!options_.settings.keep) std::filesystem::remove_all(options_.settings.work);
    if (pgcleave_lab::interrupted()) return 130;
    if (!summary_.enough_finished()) fmt::print("too few worlds were finished: this run proves nothing\n");
    return summary_.clean() && summary_.enough_finished() ? 0 : 1;
  }

 private:
  // A world that would end long after the time is not begun.
  bool time_is_left() const {
    return pgcleave_lab::Clock::now() < deadline_ && !pgcleave_lab::interrupted() && !(options_.until_found && found_);
  }

  void work() {
    while (time_is_left()) {
      const int number = next_++;
      if (number > last_) return;
      WorldPlan plan = plan_world(options_.seed, number, options_.stale_members);
      std::stringstream without(options_.without);
      for (std::string part; std::getline(without, part, ',');) plan.left_out.insert(part);
      if (!options_.damage.empty()) plan.events = {{"damage: " + options_.damage, 1}};
      if (options_.list) {
        std::string events;
        for (const auto& event : plan.events) events += (events.empty() ? "" : ", ") + event.name;
        std::string pieces;
        for (std::size_t i = 2; i < plan.pieces.size(); ++i)
          pieces +=
              fmt::format("{}{} ({})", i == 2 ? "" : ", ", plan.pieces[i].what, static_cast<char>(plan.pieces[i].cls));
        fmt::print("world {}: {} bouncers, {} and {} members: {}; {}\n", number, plan.bouncers, plan.source_members,
                   plan.target_members, events, pieces);
        continue;
      }
      try {
        one(plan);
      } catch (const std::exception& error) {
        fmt::print(stderr, "world {}: {}\n", number, error.what());
        if (pgcleave_lab::interrupted()) return;
      }
    }
  }

  void one(const WorldPlan& plan) {
    Verdict verdict;
    {
      World world(plan, options_.settings, options_.settings.work / fmt::format("world-{}", plan.number));
      verdict = world.run();
    }
    {
      const std::lock_guard guard(mutex_);
      summary_.add(plan, verdict);
      fmt::print(stderr, "world {:3}: {:4.1f} s, {} events, {} acknowledged, {}\n", plan.number, verdict.seconds,
                 plan.events.size(), verdict.acknowledged,
                 verdict.broken_lab ? "not finished: " + verdict.why_broken
                 : verdict.violations.empty()
                     ? std::string("ok")
                     : fmt::format("FAILED after {}: {}", verdict.at, verdict.violations.front().kind));
    }
    if (verdict.undecided && verdict.violations.empty()) {
      const std::lock_guard guard(mutex_);
      summary_.stopped(plan, as_scenario(plan, verdict, options_.seed));
      fmt::print("a person is needed, and nothing is lost:\n{}\n", as_scenario(plan, verdict, options_.seed));
    }
    if (verdict.violations.empty()) return;
    if (!found_.exchange(true)) {
      const std::lock_guard guard(mutex_);
      summary_.found_after(std::chrono::duration<double>(pgcleave_lab::Clock::now() - began_).count() / 60);
    }
    if (options_.until_found) {
      const std::lock_guard guard(mutex_);
      const auto text = as_scenario(plan, verdict, options_.seed);
      summary_.found(plan, text);
      fmt::print("{}", text);
      return;
    }
    const auto smaller =
        shrink(plan, verdict, options_.settings,
               std::chrono::seconds(options_.only > 0 && options_.shrink_seconds == 240 ? 0 : options_.shrink_seconds));
    const std::string text = as_scenario(smaller.plan, smaller.verdict, options_.seed);
    const std::lock_guard guard(mutex_);
    summary_.found(plan, text);
    fmt::print("{}shortened in {} tries\n\n", text, smaller.tries);
    std::fflush(stdout);
  }

  const Options options_;
  pgcleave_lab::Clock::time_point began_, deadline_;
  std::atomic<bool> found_{false};
  std::atomic<int> next_{1};
  int last_ = 0;
  std::mutex mutex_;
  Summary summary_;
};

int run(int count, char** arguments) {
  CLI::App app{"Random worlds: schemas, clients and weeks of people's work, judged by what clients were told.",
               "pgcleave-worlds"};
  Options options;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  options.settings.pgcleave = folder / "pgcleave";
  options.settings.lab_program = folder / "pgcleave-lab";
  options.settings.runbooks = PGCLEAVE_WORLDS_RUNBOOKS;
  app.add_option("--seed", options.seed, "of the whole run")->capture_default_str();
  app.add_option("--minutes", options.minutes, "no world begins later than this")->capture_default_str();
  app.add_option("--worlds", options.worlds, "at most so many");
  app.add_option("--first", options.first, "number of the first world")->capture_default_str();
  app.add_option("--world", options.only, "this world alone");
  app.add_option("--without", options.without, "parts that are left out of it: e1,c0,p3");
  app.add_option("--jobs", options.jobs, "worlds at a time")->check(CLI::Range(1, 8))->capture_default_str();
  app.add_option("--shrink-seconds", options.shrink_seconds,
                 "for making a failing world smaller; with --world only if it is given")
      ->capture_default_str();
  app.add_flag("--until-found", options.until_found, "no world begins after one that fails, and none is made smaller");
  app.add_option("--pgcleave", options.settings.pgcleave, "the program")->check(CLI::ExistingFile);
  app.add_option("--runbooks", options.settings.runbooks, "its runbooks")->check(CLI::ExistingDirectory);
  app.add_option("--json", options.json, "figures into this file");
  app.add_flag("--list", options.list, "only tell what each world would be");
  app.add_option("--damage", options.damage, "what is done by hand instead of all events: the judge has to find it")
      ->check(CLI::IsMember({"a row is taken away", "a sequence is turned back"}));
  app.add_flag("--stale-members", options.stale_members, "a member that missed a split may be promoted after it");
  app.add_flag("--keep", options.settings.keep, "keep the folders of failing worlds");
  app.add_flag("--talk", options.settings.talk, "tell each event while it happens");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  pgcleave_lab::catch_signals();
  options.settings.work = working_folder();
  return Driver(options).run();
}

}  // namespace
}  // namespace pgcleave_worlds

int main(int count, char** arguments) {
  try {
    return pgcleave_worlds::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pgcleave-worlds: %s\n", error.what());
    return 1;
  }
}

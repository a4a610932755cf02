#include "explorer.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/format.h"
#include "model/universe.h"
#include "products/process.h"

namespace pgcleave::simulation {
namespace {

constexpr std::size_t reports = 1 << 20;

// Seen by all processes.
struct Shared {
  Counts counts;
  std::size_t used = 0;
  char text[reports] = {};
};

struct State {
  Plan plan;
  bool exploring = false;
  bool armed = false;
  bool dead = false;
  int number = 0;
  int children = 0;
  bool first = true;  // the process that began: no fault yet, and no way chosen
  std::vector<Fault> faults;
  Shared* shared = nullptr;
};

State state;

void wait_for_one() {
  int status = 0;
  if (::wait(&status) <= 0) std::abort();
  --state.children;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::cerr << "a path ended abnormally, status " << status << " after " << text_of(state.faults) << "\n";
    __atomic_add_fetch(&state.shared->counts.failed, 1, __ATOMIC_SEQ_CST);
  }
}

// True in the child.
bool fork_once() {
  const int limit = state.first ? state.plan.jobs : 1;
  while (state.children >= limit) wait_for_one();
  const auto pid = ::fork();
  if (pid < 0) std::abort();
  if (pid == 0) {
    state.children = 0;
    state.first = false;
    return true;
  }
  ++state.children;
  if (!state.first) wait_for_one();
  return false;
}

std::vector<Outcome> outcomes_at(Point kind, const std::string& name) {
  switch (kind) {
    case Point::look: return {Outcome::lost_request};
    case Point::effect: return {Outcome::crash_before};
    case Point::calm: return {Outcome::source_fails_over, Outcome::target_fails_over};
    case Point::record: {
      std::vector all{Outcome::crash_before, Outcome::frozen, Outcome::frozen_lost};
      // After a record it is as before the next one.
      if (!universe().copy && name.starts_with("before")) all.push_back(Outcome::copied);
      if (!universe().is_all_synced()) all.push_back(Outcome::power_cut);
      return all;
    }
    case Point::request:
    case Point::slow_request: break;
  }
  std::vector<Outcome> all{Outcome::refused, Outcome::lost_request, Outcome::lost_reply, Outcome::late,
                           Outcome::restart, Outcome::crash_before, Outcome::crash_after};
  if (kind == Point::slow_request) all.push_back(Outcome::delayed);
  if (!universe().history.released) return all;
  if (universe().source.writable()) all.push_back(Outcome::source_fails_over);
  if (universe().target.writable()) all.push_back(Outcome::target_fails_over);
  return all;
}

// Those that differ most from each other: all pairs of them are tried.
bool is_telling(Point kind, Outcome outcome) {
  const bool request = kind == Point::request || kind == Point::slow_request;
  return request && (outcome == Outcome::crash_before || outcome == Outcome::lost_reply);
}

// What follows them is long. Pairs with them are tried by --second 1 alone.
bool comes_alone(Outcome outcome) {
  return outcome == Outcome::copied || outcome == Outcome::source_fails_over || outcome == Outcome::target_fails_over;
}

bool is_death(Outcome outcome) {
  return outcome == Outcome::crash_before || outcome == Outcome::crash_after || outcome == Outcome::power_cut;
}

std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

// The sample depends on the seed and the faults alone.
bool is_wanted(Point kind, Outcome outcome) {
  if (state.faults.empty() || state.plan.second >= 1) return true;
  if (comes_alone(outcome) || comes_alone(state.faults.back().outcome)) return false;
  if (is_telling(kind, outcome) && state.faults.back().telling) return true;
  auto hash = mixed(state.plan.seed);
  for (const auto& fault : state.faults)
    hash = mixed(hash ^ static_cast<std::uint64_t>(fault.number * 32 + static_cast<int>(fault.outcome)));
  hash = mixed(hash ^ static_cast<std::uint64_t>(state.number * 32 + static_cast<int>(outcome)));
  return static_cast<double>(hash >> 11) * 0x1.0p-53 < state.plan.second;
}

}  // namespace

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::refused: return "refused";
    case Outcome::lost_request: return "lost_request";
    case Outcome::lost_reply: return "lost_reply";
    case Outcome::delayed: return "delayed";
    case Outcome::late: return "late";
    case Outcome::crash_before: return "crash_before";
    case Outcome::crash_after: return "crash_after";
    case Outcome::restart: return "restart";
    case Outcome::power_cut: return "power_cut";
    case Outcome::frozen: return "frozen";
    case Outcome::frozen_lost: return "frozen_lost";
    case Outcome::copied: return "copied";
    case Outcome::source_fails_over: return "source_fails_over";
    case Outcome::target_fails_over: return "target_fails_over";
  }
  return "ok";
}

void begin_process() {
  state.dead = false;
}

bool process_is_dead() {
  return state.dead;
}

void die_before(Outcome outcome) {
  if (outcome == Outcome::frozen || outcome == Outcome::frozen_lost)
    universe().frozen.emplace(outcome == Outcome::frozen);
  if (outcome == Outcome::copied) universe().copy = universe().journal;
  if (outcome == Outcome::power_cut) universe().cut_power();
  if (outcome == Outcome::crash_before || outcome == Outcome::power_cut) state.dead = true;
  if (state.dead) throw Died{};
}

void die_after(Outcome outcome) {
  if (outcome == Outcome::crash_after) state.dead = true;
  if (state.dead) throw Died{};
}

void arm() {
  universe().history.released = false;
  state.armed = true;
  state.number = 0;
}

void disarm() {
  state.armed = false;
}

Outcome choose(Point kind, const std::string& name) {
  if (state.dead) throw Died{};
  if (!state.armed) return Outcome::ok;
  ++state.number;
  if (!state.exploring) {
    for (auto& fault : state.plan.only) {
      if (fault.number != state.number) continue;
      fault.point = name;
      return fault.outcome;
    }
    return Outcome::ok;
  }
  const auto outcomes = outcomes_at(kind, name);
  if (state.first) {
    ++state.shared->counts.points;
    state.shared->counts.crashes += std::count_if(outcomes.begin(), outcomes.end(), is_death);
  }
  if (static_cast<int>(state.faults.size()) >= state.plan.faults) return Outcome::ok;
  for (const auto outcome : outcomes) {
    if (!is_wanted(kind, outcome) || !fork_once()) continue;
    state.faults.push_back({state.number, outcome, name, is_telling(kind, outcome)});
    return outcome;
  }
  return Outcome::ok;
}

bool both_ways(bool otherwise) {
  if (!state.exploring) return otherwise;
  return fork_once();
}

const std::vector<Fault>& faults_so_far() {
  return state.exploring ? state.faults : state.plan.only;
}

std::string text_of(const std::vector<Fault>& faults) {
  std::string text;
  for (const auto& fault : faults)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", fault.number, name_of(fault.outcome));
  return text;
}

Counts explore(const Plan& plan, const std::function<std::string()>& path,
               const std::function<void(const std::string&)>& failed) {
  state = State{};
  state.plan = plan;
  state.exploring = plan.only.empty() && plan.faults > 0;
  state.shared =
      static_cast<Shared*>(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (state.shared == MAP_FAILED) std::abort();
  auto& shared = *state.shared;
  std::cout.flush();
  const auto wrong = path();
  __atomic_add_fetch(&shared.counts.by_faults[std::min<std::size_t>(faults_so_far().size(), 3)], 1, __ATOMIC_SEQ_CST);
  if (!wrong.empty()) {
    __atomic_add_fetch(&shared.counts.failed, 1, __ATOMIC_SEQ_CST);
    const auto line = wrong + "\n";
    const auto at = __atomic_fetch_add(&shared.used, line.size(), __ATOMIC_SEQ_CST);
    if (at + line.size() < reports) std::memcpy(shared.text + at, line.data(), line.size());
  }
  while (state.children > 0) wait_for_one();
  if (state.exploring && !state.first) ::_exit(0);
  const auto counts = shared.counts;
  std::istringstream lines(std::string(shared.text, std::min(shared.used, reports)));
  for (std::string line; std::getline(lines, line);) failed(line);
  ::munmap(state.shared, sizeof(Shared));
  state = State{};
  return counts;
}

}  // namespace pgcleave::simulation

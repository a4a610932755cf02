#include "pgbouncer/fleet.h"

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <random>

#include "base/deadline.h"
#include "base/format.h"
#include "pgbouncer/bouncer.h"
#include "pgbouncer/inspection.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration answer_at_once = std::chrono::milliseconds(20);
constexpr Duration between_answers = std::chrono::microseconds(100);

// A bouncer that is silent must not hold up the others: one thread each, joined before this returns.
template <class Action>
auto on_each(const std::vector<Bouncer*>& bouncers, Action action) {
  using Outcome = decltype(action(*bouncers.front()));
  std::vector<std::future<Outcome>> running;
  for (std::size_t i = 1; i < bouncers.size(); ++i) {
    running.push_back(std::async(std::launch::async, [&action, &bouncer = *bouncers[i], stop = HeededStop::current()] {
      const HeededStop heeded(stop);
      return action(bouncer);
    }));
  }
  std::vector<Outcome> outcomes;
  if (!bouncers.empty()) outcomes.push_back(action(*bouncers.front()));
  for (auto& one : running) outcomes.push_back(one.get());
  return outcomes;
}

// For what clients feel. One thread has sent to all before the first answer is awaited, and takes the answers that come
// at once, as most do; a thread each only for the others. With 32 bouncers their threads would queue up behind the
// clients for a core.
template <class Begin, class Finish>
auto ask_all(const std::vector<Bouncer*>& bouncers, Deadline deadline, Begin begin, Finish finish) {
  using Outcome = decltype(finish(*bouncers.front()));
  for (const auto& bouncer : bouncers) begin(*bouncer);
  std::vector<std::optional<Outcome>> outcomes(bouncers.size());
  const auto together = Deadline::in(answer_at_once).or_earlier(deadline);
  std::size_t left = bouncers.size();
  while (left > 0 && !together.passed()) {
    for (std::size_t i = 0; i < bouncers.size(); ++i) {
      if (outcomes[i] || !bouncers[i]->has_answered()) continue;
      outcomes[i] = finish(*bouncers[i]);
      --left;
    }
    if (left > 0) sleep_until(together, between_answers, nullptr);
  }
  std::vector<std::pair<std::size_t, std::future<Outcome>>> running;
  for (std::size_t i = 0; i < bouncers.size(); ++i) {
    if (!outcomes[i])
      running.emplace_back(
          i, std::async(std::launch::async, [&finish, &bouncer = *bouncers[i]] { return finish(bouncer); }));
  }
  for (auto& [i, one] : running) outcomes[i] = one.get();
  std::vector<Outcome> all;
  for (auto& outcome : outcomes) all.push_back(std::move(*outcome));
  return all;
}

// What decides for the fleet when bouncers failed in different ways: the one that needs the most care.
ErrorKind gravest(ErrorKind a, ErrorKind b) {
  constexpr std::array order{ErrorKind::unknown, ErrorKind::conflict,  ErrorKind::interrupted, ErrorKind::timed_out,
                             ErrorKind::failed,  ErrorKind::not_ready, ErrorKind::invalid,     ErrorKind::held};
  return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b) ? a : b;
}

template <class T>
Result<void> all_of(const std::string& what, const std::vector<Result<T>>& outcomes) {
  std::vector<Error> errors;
  for (const auto& outcome : outcomes) {
    if (!outcome) errors.push_back(outcome.error());
  }
  if (errors.empty()) return {};
  if (errors.size() == 1) return fail(errors.front());
  auto out = errors.front();
  out.object = "fleet";
  out.what = fmt::format("{} of {} bouncers {}", errors.size(), outcomes.size(), what);
  out.expected.clear();
  out.seen.clear();
  for (auto error : errors) {
    out.kind = gravest(out.kind, error.kind);
    error.hint.clear();
    out.seen += (out.seen.empty() ? "" : "; ") + error.text();
  }
  return fail(out);
}

// Those that act on their process and its files: one for each process.
std::vector<Bouncer*> acting_in(const std::vector<std::unique_ptr<Bouncer>>& bouncers) {
  std::vector<Bouncer*> acting;
  for (const auto& bouncer : bouncers) {
    if (bouncer->acts_on_process()) acting.push_back(bouncer.get());
  }
  return acting;
}

std::string console_value(const BouncerSpec& spec, const char* key) {
  const auto found = spec.console.values.find(key);
  return found == spec.console.values.end() ? "" : found->second;
}

// Same console and same file: one process, as the environment file says it. A database twice is for check_process() to
// refuse. The last one acts, since whoever RELOADs is to be told last.
void share_processes(const std::vector<BouncerSpec>& specs, const std::vector<std::unique_ptr<Bouncer>>& bouncers) {
  std::map<std::vector<std::string>, std::vector<std::size_t>> processes;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& spec = specs[i];
    std::vector<std::string> key{console_value(spec, "host"), console_value(spec, "port"), spec.config};
    key.insert(key.end(), spec.shell.begin(), spec.shell.end());
    auto& those = processes[key];
    const bool twice =
        std::any_of(those.begin(), those.end(), [&](auto other) { return specs[other].database == spec.database; });
    if (!twice) those.push_back(i);
  }
  for (const auto& [key, those] : processes) {
    if (those.size() < 2) continue;
    std::map<std::string, std::string> pools;
    for (const auto i : those) pools[specs[i].name] = specs[i].database;
    for (const auto i : those) bouncers[i]->share_process(pools, *bouncers[those.back()]);
  }
}

std::vector<Bouncer*> all_in(const std::vector<std::unique_ptr<Bouncer>>& bouncers) {
  std::vector<Bouncer*> all;
  for (const auto& bouncer : bouncers) all.push_back(bouncer.get());
  return all;
}

// Who has resumed and lacks its route waits for it on a thread of its own: the others are not to blame, and their
// clients go on.
Result<void> resume_all(const std::vector<std::unique_ptr<Bouncer>>& bouncers, bool at_file, Deadline deadline) {
  auto outcomes = ask_all(
      all_in(bouncers), deadline, [&](Bouncer& bouncer) { bouncer.begin_resume(at_file); },
      [&](Bouncer& bouncer) { return bouncer.resume(deadline); });
  const auto failed = [&](const Bouncer* acting) {
    for (std::size_t i = 0; i < bouncers.size(); ++i) {
      if (bouncers[i].get() == acting) return !outcomes[i];
    }
    return false;
  };
  const bool all_settled =
      std::all_of(bouncers.begin(), bouncers.end(), [](const auto& bouncer) { return bouncer->is_settled(); });
  const auto with_acting = [&] {
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (at_file && outcomes[i] && failed(bouncers[i]->acting())) bouncers[i]->pause_again();
    }
    return all_of("may still be paused", outcomes);
  };
  if (all_settled) return with_acting();
  const auto settled = on_each(all_in(bouncers), [&](Bouncer& bouncer) { return bouncer.settle(deadline); });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i] && !settled[i]) outcomes[i] = settled[i];
  }
  return with_acting();
}

std::string new_fleet_id() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

}  // namespace

Fleet::Fleet(std::vector<BouncerSpec> bouncers) : specs_(std::move(bouncers)) {
  const auto id = new_fleet_id();
  for (const auto& spec : specs_) bouncers_.push_back(std::make_unique<Bouncer>(spec, id));
  share_processes(specs_, bouncers_);
}

Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;
Fleet::~Fleet() = default;

void Fleet::expect(const std::string& bouncer, const ProcessId& process) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name == bouncer) bouncers_[i]->expect(process);
  }
}

std::vector<Result<ProcessId>> Fleet::processes(Deadline deadline) {
  return on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.process(deadline); });
}

Result<void> Fleet::connect(Deadline deadline) {
  TRY(all_of("can't be reached",
             on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.connect(deadline); })));
  return all_of("can't be told apart",
                on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.check_shares_process(deadline); }));
}

std::vector<BouncerState> Fleet::read_states(Deadline deadline) {
  return on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.read_state(deadline); });
}

Result<void> Fleet::hold_back_logins(Deadline deadline) {
  return all_of("can't be prepared for PAUSE", on_each(all_in(bouncers_), [&](Bouncer& bouncer) -> Result<void> {
                  if (bouncer.acts_on_process()) {
                    TRY(bouncer.hold_back_logins(deadline));
                    TRY(bouncer.drain_logins(deadline));
                  }
                  // Whoever lacked one would be paused after two logins, with the clients of all others waiting.
                  return bouncer.open_consoles(deadline);
                }));
}

Result<PauseReport> Fleet::pause(Deadline deadline, const StopFlag* stop) {
  const auto start = Monotonic::now();
  const auto outcomes = ask_all(
      all_in(bouncers_), deadline, [](Bouncer& bouncer) { bouncer.begin_pause(); },
      [&](Bouncer& bouncer) { return bouncer.pause(start, deadline, stop); });
  TRY(all_of("are not paused", outcomes));
  PauseReport report;
  for (std::size_t i = 0; i < outcomes.size(); ++i) report.took.emplace_back(specs_[i].name, *outcomes[i]);
  return report;
}

Result<std::vector<ActiveServer>> Fleet::active_servers(Deadline deadline) {
  auto answers = on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.active_servers(deadline); });
  TRY(all_of("can't be asked for their active server connections", answers));
  std::vector<ActiveServer> all;
  for (auto& one : answers) all.insert(all.end(), one->begin(), one->end());
  return all;
}

Result<void> Fleet::kill(Deadline deadline) {
  return all_of("still have clients",
                on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.kill(deadline); }));
}

Result<void> Fleet::try_files(Deadline deadline) {
  return all_of("could not be shown to read their config files",
                on_each(acting_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.try_file(deadline); }));
}

Result<void> Fleet::stage_route(const Route& route, Deadline deadline) {
  return all_of("could not be given their next config file",
                on_each(acting_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.stage(route, deadline); }));
}

Result<void> Fleet::repoint(const Route& route, Deadline deadline) {
  TRY(all_of("can't be repointed",
             on_each(acting_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.check_staged(route, deadline); })));
  return all_of("are not repointed",
                on_each(acting_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.repoint(route, deadline); }));
}

std::vector<Fleet::Routes> Fleet::routes(Deadline deadline) {
  return on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.routes(deadline); });
}

std::vector<Inspection> Fleet::inspect(Deadline deadline) {
  return on_each(all_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.inspect(deadline); });
}

Result<void> Fleet::discard_staged(Deadline deadline) {
  return all_of("still have a staged file",
                on_each(acting_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.discard_staged(deadline); }));
}

Result<void> Fleet::resume(Deadline deadline) {
  return resume_all(bouncers_, false, deadline);
}

Result<void> Fleet::resume_at_file(Deadline deadline) {
  on_each(all_in(bouncers_), [&](Bouncer& bouncer) {
    bouncer.prepare_reload(deadline);
    return true;
  });
  return resume_all(bouncers_, true, deadline);
}

Result<void> Fleet::restore_settings(Deadline deadline) {
  return all_of("still have settings that the pause SET",
                on_each(acting_in(bouncers_), [&](Bouncer& bouncer) { return bouncer.restore_settings(deadline); }));
}

Result<std::vector<std::string>> Fleet::without_own_settings(Deadline deadline) {
  const auto acting = acting_in(bouncers_);
  const auto outcomes = on_each(acting, [&](Bouncer& bouncer) { return bouncer.has_own_settings(deadline); });
  TRY(all_of("can't be asked for their settings", outcomes));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!*outcomes[i]) names.push_back(acting[i]->name());
  }
  return names;
}

const std::vector<BouncerSpec>& Fleet::bouncers() const {
  return specs_;
}

}  // namespace pgcleave::pgbouncer

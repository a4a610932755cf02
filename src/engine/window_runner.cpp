#include "engine/window_runner.h"

#include <algorithm>

#include "base/cpu_time.h"
#include "base/format.h"
#include "base/units.h"
#include "engine/plan.h"
#include "engine/readable.h"
#include "engine/run_end.h"
#include "runbook/expressions.h"

namespace pgcleave::engine {
namespace {

constexpr auto tail_patience = std::chrono::seconds(60);
constexpr auto tail_try = std::chrono::seconds(10);

Duration reserve_of(Duration budget) {
  return std::min(std::max(budget * 3 / 10, Duration(std::chrono::milliseconds(200))), budget / 2);
}

}  // namespace

WindowRunner::WindowRunner(RunState& run, StepRunner& steps, SplitLease& lease, WindowHooks& hooks)
    : run_(run), steps_(steps), lease_(lease), hooks_(hooks) {}

// What the window will do, and what undo needs of each step, for the record `window.entered`.
Result<Json> WindowRunner::plan(const runbook::Phase& phase) {
  auto known = run_.scope();
  Json effects = Json::array();
  Json steps = Json::array();
  for (const auto& planned : plan_phase(phase, known, run_.world)) {
    if (planned.conflict) {
      return fail(
          {ErrorKind::conflict, planned.id + " (" + planned.uses + ")", "finds something that this run did not do", "",
           planned.evidence,
           "look at what was found and put it right; then: pgcleave resume " + run_.recorder.run() + run_.output.again,
           ""});
    }
    // Inside, nobody inspects again what inspects itself: what undo needs is seen now, or the window is not entered.
    const auto* kind = steps::find(planned.uses);
    if (planned.unseen && kind != nullptr && kind->looks_itself) return fail(*planned.unseen);
    for (const auto& effect : planned.effects) effects.push_back(effect);
    steps.push_back({{"step", planned.id}, {"before", planned.before}});
  }
  TRY(prepare(phase, known));
  return Json{{"steps", steps}, {"effects", effects}};
}

// Connections and files, after the plan has inspected: the window holds only the critical path.
Result<void> WindowRunner::prepare(const runbook::Phase& phase, const Json& known) {
  for (const auto& line : phase.steps) {
    const auto& kind = kind_of(line);
    const auto with = runbook::resolve(line.with, known);
    if (!with) return fail(with.error());
    steps::Context context{run_.world, line.id, *with, Deadline::in(std::chrono::seconds(10)), &run_.stop};
    if (kind.prepare != nullptr) TRY(readable(line.id, [&] { return kind.prepare(context); }));
  }
  return {};
}

Result<void> WindowRunner::enter(const runbook::Phase& phase, Duration budget, Duration reserve) {
  TRY_ASSIGN(const auto planned, plan(phase));
  TRY_ASSIGN(const auto leaders, note_leaders(run_, phase));
  if (run_.stop.requested())
    return fail({ErrorKind::interrupted, "", "was asked to stop before the window", "", "", "", ""});
  TRY(hooks_.watch(budget - reserve));
  const Json entered{{"phase", phase.name},
                     {"attempt", run_.world.run.attempt},
                     {"budget_ms", milliseconds(budget)},
                     {"undo_reserve_ms", milliseconds(reserve)},
                     {"leaders", leaders},
                     {"steps", planned.at("steps")},
                     {"effects", planned.at("effects")}};
  TRY(run_.recorder.write_to_disk("window.entered", entered));
  cpu_when_entered_ = cpu_time();
  return hooks_.entered(entered);
}

Result<bool> WindowRunner::was_taken(const runbook::StepLine& take, Deadline deadline, bool fence_out) {
  bool taken_there = false;
  TRY_ASSIGN(auto* side, run_.side_of(take));
  run_.recorder.must_go_on(true);
  const auto fenced_out = fence_out ? lease_.fence_out(*side, deadline) : Result<void>();
  run_.recorder.must_go_on(false);
  TRY(fenced_out);
  TRY(wait_until("the owner can be read", deadline, std::chrono::milliseconds(100), nullptr, [&]() -> Result<bool> {
    steps::Context context{run_.world, take.id, take.with, Deadline::in(std::chrono::seconds(2)), nullptr};
    const auto seen = readable(take.id, [&] { return kind_of(take).observe(context); });
    taken_there = seen && seen->state == steps::State::done;
    return seen.has_value();
  }));
  return taken_there;
}

// `done`: what became of the step. An outcome that nobody told: the owner itself knows.
Result<bool> WindowRunner::is_taken_after(const runbook::StepLine& take, const Result<void>& done) {
  const bool in_doubt = !done && (done.error().kind == ErrorKind::unknown || done.error().kind == ErrorKind::timed_out);
  const bool told = !in_doubt && (done || !run_.recorder.lost_a_record());
  if (told) return done.has_value();
  const auto inspected = was_taken(take, Deadline::in(std::chrono::seconds(10)), true);
  if (inspected) return *inspected;
  ownership_unknown_ = true;
  return fail(
      {ErrorKind::unknown, take.id, "can't tell whether ownership was taken", "", inspected.error().text(), "", ""});
}

Result<void> WindowRunner::until_taken(const runbook::Phase& phase, Deadline deadline, std::size_t& next) {
  for (; next < phase.steps.size(); ++next) {
    const auto& line = phase.steps[next];
    if (deadline.passed())
      return fail({ErrorKind::timed_out, line.id, "the budget was used up before this step", "", "", "", ""});
    if (run_.stop.requested())
      return fail({ErrorKind::interrupted, line.id, "was asked to stop before this step", "", "", "", ""});
    const auto done = steps_.run(line, deadline, &run_.stop);
    if (kind_of(line).description.traits.takes) {
      TRY_ASSIGN(const bool taken, is_taken_after(line, done));
      if (taken) {
        ++next;
        run_.recorder.must_go_on(true);
        return run_.recorder.write("window.taken", {{"phase", phase.name}});
      }
    }
    if (!done) return done;
  }
  return {};
}

Result<void> WindowRunner::tail(const runbook::Phase& phase, std::size_t from) {
  run_.recorder.must_go_on(true);
  const auto patience = Deadline::in(tail_patience);
  for (std::size_t i = from; i < phase.steps.size(); ++i) {
    while (true) {
      const auto done = steps_.run(phase.steps[i], Deadline::in(tail_try), nullptr);
      if (done) break;
      if (patience.passed() || lease_.lost()) {
        run_.recorder.must_go_on(false);
        return done;
      }
      if (run_.output.warn)
        run_.output.warn(fmt::format("  {}: {}; trying again, since {} owns already", phase.steps[i].id,
                                     done.error().text(),
                                     phase.is_rollback() ? run_.world.source.label() : run_.world.target.label()));
      sleep_until(Deadline::in(std::chrono::milliseconds(100)), std::chrono::milliseconds(100), nullptr);
    }
  }
  run_.recorder.must_go_on(false);
  return {};
}

// Clients are served, whatever becomes of the record of it.
Result<void> WindowRunner::leave(const runbook::Phase& phase) {
  steps_.trust_inspection(false);
  hooks_.dismiss_guard();
  run_.recorder.inside_window(false);
  Json left{{"phase", phase.name}, {"outcome", name_of(journal::WindowOutcome::done)}};
  if (cpu_when_entered_) left["cpu_ms"] = milliseconds(cpu_time() - *cpu_when_entered_);
  TRY(run_.recorder.write("window.left", left));
  const auto& window = run_.record().windows.at(phase.kind);
  const auto saw = what_clients_saw(hooks_.end_probe(phase));
  if (run_.output.say)
    run_.output.say(fmt::format("clients waited at most {:.1f} ms (budget {:.0f} ms){}{}", window.pause_ms,
                                window.budget_ms, saw.empty() ? "" : "; ", saw));
  tell_failovers(run_, phase);
  if (window.pause_ms <= window.budget_ms) return {};
  return run_.recorder.write(
      "check.missed", {{"text", fmt::format("the window took {:.1f} ms, its budget was {:.0f} ms", window.pause_ms,
                                            window.budget_ms)}});
}

Result<void> WindowRunner::finish(const runbook::Phase& phase, std::size_t from) {
  TRY(tail(phase, from));
  return leave(phase);
}

Result<void> WindowRunner::run(const runbook::Phase& phase) {
  TRY_ASSIGN(const auto budget_text, runbook::resolve(Json(phase.budget), run_.scope()));
  TRY_ASSIGN(const auto budget,
             parse_duration(budget_text.is_string() ? budget_text.get<std::string>() : to_text(budget_text)));
  const auto reserve = reserve_of(budget);
  ownership_unknown_ = false;
  hooks_.begin_probe(phase, false);
  TRY(hooks_.stand_by(phase, false));
  TRY(enter(phase, budget, reserve));
  const auto deadline = Deadline::in(budget - reserve);
  run_.recorder.inside_window(true, deadline);
  steps_.trust_inspection(true);
  std::size_t next = 0;
  const auto forward = until_taken(phase, deadline, next);
  if (!forward && !run_.record().has_taken(phase.kind)) return forward;
  return finish(phase, next);
}

}  // namespace pgcleave::engine

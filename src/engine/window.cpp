// The window: clients wait. Everything that can be done before has been done; what is left runs under the budget, of which a
// part is kept back for undo. Until ownership is taken every failure is undone; after it nothing stops the tail.
#include <algorithm>

#include "base/format.h"
#include "base/units.h"
#include "engine/plan.h"
#include "engine/readable.h"
#include "engine/run.h"

namespace pgcleave::engine {
namespace {

constexpr auto tail_patience = std::chrono::seconds(60);
constexpr auto tail_try = std::chrono::seconds(10);

Duration reserve_of(Duration budget) {
  return std::min(std::max(budget * 3 / 10, Duration(std::chrono::milliseconds(200))), budget / 2);
}

}  // namespace

Result<void> Run::enter(const runbook::Phase& phase, Duration budget, Duration reserve) {
  auto known = scope();
  Json effects = Json::array();
  Json steps = Json::array();
  for (const auto& planned : plan_phase(phase, known, world_)) {
    if (planned.foreign) {
      return fail({ErrorKind::foreign, planned.id + " (" + planned.uses + ")", "finds something that this run did not do", "",
                   planned.evidence, "look at what was found and put it right; then: pgcleave resume " + recorder_.run() + talk_.again,
                   ""});
    }
    // Inside, nobody looks again at what looks itself: what undo needs is seen now, or the window is not entered.
    const auto* step_kind = steps::find(planned.uses);
    if (planned.unseen && step_kind != nullptr && step_kind->looks_itself) return fail(*planned.unseen);
    for (const auto& effect : planned.effects) effects.push_back(effect);
    steps.push_back({{"step", planned.id}, {"before", planned.before}});
  }
  // Connections and files, after the plan has looked: the window holds only the critical path.
  for (const auto& line : phase.steps) {
    const auto& step_kind = kind(line);
    const auto with = runbook::resolve(line.with, known);
    if (!with) return fail(with.error());
    steps::Context context{world_, line.id, *with, Deadline::in(std::chrono::seconds(10)), &stop_};
    if (step_kind.prepare != nullptr) TRY(readable(line.id, [&] { return step_kind.prepare(context); }));
  }
  TRY_ASSIGN(const auto leaders, note_leaders(phase));
  if (stop_.requested()) return fail({ErrorKind::interrupted, "", "was asked to stop before the window", "", "", "", ""});
  if (guarding_.watch) TRY(guarding_.watch(budget - reserve));
  const Json entered{{"phase", phase.name},
                     {"attempt", world_.run.attempt},
                     {"budget_ms", milliseconds(budget)},
                     {"undo_reserve_ms", milliseconds(reserve)},
                     {"leaders", leaders},
                     {"steps", steps},
                     {"effects", effects}};
  TRY(recorder_.write_to_disk("window.entered", entered));
  if (!guarding_.entered) return {};
  return guarding_.entered(journal::Event{0, recorder_.run(), utc_now_us(), 0, "window.entered", entered, ""});
}

// An outcome of `take` that nobody told: the owner itself knows. First the request is outranked that may still be on its way.
Result<bool> Run::was_taken(const runbook::StepLine& line, Deadline deadline, bool outrank) {
  bool taken_there = false;
  recorder_.must_go_on(true);
  const auto outranked =
      outrank ? outrank_on(steps::Context{world_, line.id, line.with, deadline, nullptr}.on(), deadline) : Result<void>();
  recorder_.must_go_on(false);
  TRY(outranked);
  TRY(wait_until("the owner can be read", deadline, std::chrono::milliseconds(100), nullptr, [&]() -> Result<bool> {
    steps::Context context{world_, line.id, line.with, Deadline::in(std::chrono::seconds(2)), nullptr};
    const auto seen = readable(line.id, [&] { return kind(line).observe(context); });
    taken_there = seen && seen->state == steps::State::done;
    return seen.has_value();
  }));
  return taken_there;
}

Result<void> Run::until_taken(const runbook::Phase& phase, Deadline deadline, std::size_t& next) {
  for (; next < phase.steps.size(); ++next) {
    const auto& line = phase.steps[next];
    if (deadline.passed()) return fail({ErrorKind::timed_out, line.id, "the budget was used up before this step", "", "", "", ""});
    if (stop_.requested()) return fail({ErrorKind::interrupted, line.id, "was asked to stop before this step", "", "", "", ""});
    const bool takes = kind(line).description.meaning.takes;
    const auto done = step(line, deadline, &stop_);
    if (takes) {
      const bool in_doubt = !done && (done.error().kind == ErrorKind::unknown || done.error().kind == ErrorKind::timed_out);
      const bool told = !in_doubt && (done || !recorder_.lost_a_record());
      bool is_taken = done.has_value();
      if (!told) {
        const auto looked = was_taken(line, Deadline::in(std::chrono::seconds(10)), true);
        if (!looked)
          return fail({ErrorKind::unknown, line.id, "can't tell whether ownership was taken", "", looked.error().text(), "", ""});
        is_taken = *looked;
      }
      if (is_taken) {
        ++next;
        recorder_.must_go_on(true);
        return recorder_.write("window.taken", {{"phase", phase.name}});
      }
    }
    if (!done) return done;
  }
  return {};
}

Result<void> Run::tail(const runbook::Phase& phase, std::size_t from) {
  recorder_.must_go_on(true);
  const auto patience = Deadline::in(tail_patience);
  for (std::size_t i = from; i < phase.steps.size(); ++i) {
    while (true) {
      const auto done = step(phase.steps[i], Deadline::in(tail_try), nullptr);
      if (done) break;
      if (patience.passed() || outranked_) {
        recorder_.must_go_on(false);
        return done;
      }
      if (talk_.warn)
        talk_.warn(fmt::format("  {}: {}; trying again, since {} owns already", phase.steps[i].id, done.error().text(),
                               phase.is_rollback() ? world_.source.label() : world_.target.label()));
      sleep_until(Deadline::in(std::chrono::milliseconds(100)), std::chrono::milliseconds(100), nullptr);
    }
  }
  recorder_.must_go_on(false);
  return {};
}

Result<void> Run::leave_done(const runbook::Phase& phase) {
  just_looked_ = false;
  // Clients are served, whatever becomes of the record of it.
  dismiss_guard();
  recorder_.inside_window(false);
  TRY(recorder_.write("window.left", {{"phase", phase.name}, {"outcome", "done"}}));
  const auto& window = recorder_.record().windows.at(phase.name);
  const auto saw = what_clients_saw(end_watch(phase));
  if (talk_.say)
    talk_.say(fmt::format("clients waited at most {:.1f} ms (budget {:.0f} ms){}{}", window.pause_ms, window.budget_ms,
                          saw.empty() ? "" : "; ", saw));
  tell_failovers(phase);
  if (window.pause_ms <= window.budget_ms) return {};
  return recorder_.write("check.missed",
                         {{"text", fmt::format("the window took {:.1f} ms, its budget was {:.0f} ms", window.pause_ms, window.budget_ms)}});
}

Result<void> Run::window(const runbook::Phase& phase) {
  TRY_ASSIGN(const auto budget_text, runbook::resolve(Json(phase.budget), scope()));
  TRY_ASSIGN(const auto budget, parse_duration(budget_text.is_string() ? budget_text.get<std::string>() : to_text(budget_text)));
  const auto reserve = reserve_of(budget);
  begin_watch(phase, false);
  if (guarding_.stand_by) TRY(guarding_.stand_by(phase, false));
  TRY(enter(phase, budget, reserve));
  const auto deadline = Deadline::in(budget - reserve);
  recorder_.inside_window(true, deadline);
  just_looked_ = true;
  std::size_t next = 0;
  const auto forward = until_taken(phase, deadline, next);
  if (!forward && !recorder_.record().has_taken(phase.name)) return forward;
  TRY(tail(phase, next));
  return leave_done(phase);
}

}  // namespace pgcleave::engine

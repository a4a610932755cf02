// check.forecast: may the window begin? Yes, if what rehearsals took, and what is in the way now, fits the budget less
// the part of it that is kept for undo.
#include "base/format.h"
#include "base/units.h"
#include "steps/check/checking.h"
#include "steps/check/forecasting.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

constexpr Duration least_time = std::chrono::seconds(1);

// The last look before a deadline takes its time too: a quarter of a second goes into measuring a rate.
Deadline enough(Deadline deadline) {
  return deadline.left() > least_time ? deadline : Deadline::in(least_time);
}

constexpr double usable = 0.7;  // of the budget: the engine keeps the rest for undo

Result<Observation> observe_check_forecast(Context& context) {
  TRY_ASSIGN(const auto budget, parse_duration(context.text("budget")));
  TRY_ASSIGN(const auto window, runbook::window_named(context.text("window")));
  TRY_ASSIGN(const auto seen_now, forecast(context.world, window, enough(context.deadline)));
  Observation seen;
  seen.outputs = {{"expected_ms", seen_now.expected_ms()},
                  {"rounds", seen_now.rehearsed.rounds},
                  {"p50_ms", seen_now.rehearsed.p50_ms},
                  {"p90_ms", seen_now.rehearsed.p90_ms},
                  {"max_ms", seen_now.rehearsed.max_ms},
                  {"transactions", seen_now.transactions},
                  {"oldest_transaction_ms", milliseconds(seen_now.oldest_transaction)},
                  {"still_to_come_ms", milliseconds(seen_now.still_to_come)},
                  {"lag_bytes", seen_now.lag.count},
                  {"wal_bytes_per_second", seen_now.wal_per_second.count}};
  seen.evidence = seen_now.text();
  if (seen_now.rehearsed.rounds == 0 && context.world.environment.production && context.text("unrehearsed") != "go") {
    seen.state = State::conflict;
    seen.evidence += "; on production that stops the run";
  } else if (seen_now.expected_ms() <= milliseconds(budget) * usable) {
    seen.state = State::done;
  } else {
    seen.evidence += fmt::format("; budget {} less what is kept for undo: {:.0f} ms", to_text(budget),
                                 milliseconds(budget) * usable);
  }
  return seen;
}

Result<Json> apply_check_forecast(Context& context, const Json&) {
  return check_until_done(context, observe_check_forecast, "the forecast fits the budget", "the window");
}

}  // namespace

StepKind check_forecast() {
  return {
      {.kind = "check.forecast",
       .purpose = "Decides right before the window whether it may begin, from rehearsals and from what is in the way "
                  "now; waits for what passes.",
       .parameters = {{"budget", runbook::Type::duration, nullptr, true, "the window's", {}},
                      {"window", runbook::Type::text, "window", false, "which window", {"window", "rollback.window"}},
                      {"unrehearsed",
                       runbook::Type::text,
                       "refuse",
                       false,
                       "on production, when this very runbook was never rehearsed: refuse or go",
                       {"refuse", "go"}}},
       .outputs = {{"expected_ms", "how long clients are expected to wait"},
                   {"rounds", "number of good rehearsals"},
                   {"p50_ms", "their median pause"},
                   {"p90_ms", "nine in ten were shorter"},
                   {"max_ms", "the longest"},
                   {"transactions", "open ones that PAUSE waits for, readers too, or that write moved tables"},
                   {"oldest_transaction_ms", "age of the oldest of them"},
                   {"still_to_come_ms", "estimate until the last of them ends"},
                   {"lag_bytes", "what the other side had not taken in"},
                   {"wal_bytes_per_second", "WAL written by the side that serves"}},
       .changes = "",
       .undo = "nothing to undo: it only looks",
       .undo_kind = runbook::UndoKind::nothing,
       .traits = {}},
      nullptr,
      observe_check_forecast,
      apply_check_forecast,
      nullptr};
}

}  // namespace pgcleave::steps

// replication.catch_up: waits until a side has nearly worked through what the other one writes, and says how long that will take.
#include <algorithm>

#include "base/format.h"
#include "base/units.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/checking.h"
#include "steps/link.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

// How fast the distance shrinks, over the last seconds.
class Pace {
 public:
  std::string text(Bytes lag) {
    const auto now = Monotonic::now();
    if (!began_ || now - *began_ > std::chrono::seconds(10)) {
      began_ = now;
      first_ = lag;
    }
    const double seconds = std::chrono::duration<double>(now - *began_).count();
    if (seconds < 0.5) return "";
    const double per_second = static_cast<double>(first_.count - lag.count) / seconds;
    if (per_second <= 0) return ", falling back";
    const auto left = static_cast<std::int64_t>(static_cast<double>(lag.count) / per_second * 1e6);
    return fmt::format(", gaining {}/s, caught up in {}", to_text(Bytes{static_cast<std::int64_t>(per_second)}), to_text(Duration(left)));
  }

 private:
  std::optional<Monotonic::time_point> began_;
  Bytes first_;
};

Result<Observation> look(Context& context, Pace* pace) {
  const auto link = link_into(context.world, context.on());
  TRY_ASSIGN(const auto limit, parse_bytes(context.text("below")));
  TRY_ASSIGN(auto* to, link.to.leader(context.deadline));
  TRY_ASSIGN(auto* from, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*to, link.name, context.deadline.for_a_look()));
  TRY_ASSIGN(const auto slot, postgres::slot(*from, link.name, context.deadline.for_a_look()));
  Observation seen;
  if (!subscription || !slot || slot->wal_status == "lost") {
    seen.evidence = !subscription ? "the subscription is gone" : !slot ? "the slot is gone" : "the slot has lost WAL that it needs";
    seen.state = State::foreign;
    return seen;
  }
  TRY_ASSIGN(const auto now, postgres::current_lsn(*from, context.deadline.for_a_look()));
  const auto lag = now.ahead_of(std::max({subscription->applied, subscription->latest_end, slot->confirmed}));
  seen.evidence = fmt::format("worker {}, {} behind{}, {} apply errors", subscription->worker ? "runs" : "does not run", to_text(lag),
                              pace == nullptr ? "" : pace->text(lag), subscription->apply_errors);
  seen.facts = {{"lag_bytes", lag.count}};
  if (subscription->enabled && subscription->worker && lag <= limit) seen.state = State::done;
  return seen;
}

Result<Observation> observe(Context& context) {
  return look(context, nullptr);
}

Result<Json> apply(Context& context, const Json&) {
  Pace pace;
  return check_until_done(
      context, [&](Context& again) { return look(again, &pace); }, context.on().label() + " has caught up",
      link_into(context.world, context.on()).name);
}

}  // namespace

StepKind replication_catch_up() {
  return {{.kind = "replication.catch_up",
           .purpose = "Waits until a side has nearly worked through what the other side writes; tells distance, pace and time left.",
           .parameters = {side_parameter("on", "the side that applies"),
                          {"below", runbook::Type::bytes, "1MiB", false, "distance that is near enough", {}}},
           .facts = {{"lag_bytes", "how far it was behind"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps

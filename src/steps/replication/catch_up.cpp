// replication.catch_up: does all that one side writes reach the other (a partition that was made meanwhile would not),
// and has it nearly worked through it? Says how long that will take.
#include "base/format.h"
#include "base/units.h"
#include "postgres/transactions.h"
#include "steps/check/checking.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "steps/replication/link_health.h"

namespace pgcleave::steps {
namespace {

// How fast the distance shrinks, over the last seconds.
class Pace {
 public:
  [[nodiscard]] bool is_falling_back() const { return falling_back_; }
  std::string text(Bytes lag) {
    const auto now = Monotonic::now();
    if (!began_ || now - *began_ > std::chrono::seconds(10)) {
      began_ = now;
      first_ = lag;
    }
    const double seconds = std::chrono::duration<double>(now - *began_).count();
    if (seconds < 0.5) return "";
    const double per_second = static_cast<double>(first_.count - lag.count) / seconds;
    falling_back_ = per_second <= 0;
    if (falling_back_) return ", falling back";
    const auto left = static_cast<std::int64_t>(static_cast<double>(lag.count) / per_second * 1e6);
    return fmt::format(", gaining {}/s, caught up in {}", to_text(Bytes{static_cast<std::int64_t>(per_second)}),
                       to_text(Duration(left)));
  }

 private:
  std::optional<Monotonic::time_point> began_;
  Bytes first_;
  bool falling_back_ = false;
};

// What a side that falls back may suffer from: each update of a row goes past all versions of it that died and were not
// vacuumed, so that applying gets slower and slower (seen with a replica that had not followed the target's promotion).
class Slowness {
 public:
  std::string text(Context& context) {
    if (Monotonic::now() < look_again_) return text_;
    look_again_ = Monotonic::now() + std::chrono::seconds(5);
    text_.clear();
    auto& side = context.on();
    auto leader = side.leader(context.deadline.for_one_read());
    if (!leader) return text_;
    const auto held = postgres::keeps_from_vacuum(**leader, long_ago, context.deadline.for_one_read());
    if (held && *held) text_ = fmt::format("; {} can't vacuum rows that died: {}", side.label(), **held);
    return text_;
  }

 private:
  static constexpr std::int64_t long_ago = 10'000;  // transactions
  Monotonic::time_point look_again_{};
  std::string text_;
};

Result<Observation> inspect_lag(Context& context, Depth depth, LinkHealth* health = nullptr) {
  TRY_ASSIGN(const auto limit, parse_bytes(context.text("below")));
  return observe_link(context, link_into(context.world, context.on()), limit, depth, health);
}

Result<Observation> observe_replication_catch_up(Context& context) {
  return inspect_lag(context, Depth::whole);
}

Result<Json> apply_replication_catch_up(Context& context, const Json&) {
  Pace pace;
  Slowness slowness;
  const auto look_again = [&](Context& again) -> Result<Observation> {
    LinkHealth health;
    TRY_ASSIGN(auto seen, inspect_lag(again, Depth::flow, &health));
    if (seen.state == State::pending) seen.evidence += pace.text(health.lag);
    if (seen.state == State::pending && pace.is_falling_back()) seen.evidence += slowness.text(again);
    return seen;
  };
  return check_until_done(context, look_again, context.on().label() + " has caught up",
                          link_into(context.world, context.on()).name);
}

}  // namespace

StepKind replication_catch_up() {
  return {{.kind = "replication.catch_up",
           .purpose = "Checks that what the other side writes arrives whole, and waits until a side has nearly worked "
                      "through it; tells "
                      "distance, pace and time left.",
           .parameters = {side_parameter("on", "the side that applies"),
                          {"below", runbook::Type::bytes, "1MiB", false, "distance that is near enough", {}}},
           .outputs = {{"lag_bytes", "how far it was behind"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_replication_catch_up,
          apply_replication_catch_up,
          nullptr};
}

}  // namespace pgcleave::steps

#include "compare/gate.h"

namespace pgcleave::compare {
namespace {

constexpr Duration while_stopped = std::chrono::milliseconds(500);
constexpr const char* on_hold = "on hold; it goes on with: pgcleave continue";

}  // namespace

Gate::Gate(const Request& request, Queue& queue, Keeper& keeper) : request_(request), queue_(queue), keeper_(keeper) {
  if (!request.limits) return;
  brake_.emplace(*request.limits, [this](Deadline deadline) -> Result<postgres::Connection*> {
    if (session_ && session_->alive()) return &*session_;
    TRY_ASSIGN(auto opened, request_.original(deadline));
    session_.emplace(std::move(opened));
    return &*session_;
  });
}

Result<void> Gate::pass(Pair& pair) {
  bool halved = false;
  while (!queue_.is_over()) {
    TRY_ASSIGN(const auto wanted, wish(pair));
    queue_.aim_at(wanted.target.value_or(request_.block));
    const auto now = wanted.hold ? data::Indication{"hold", data::Speed::stop, on_hold} : seen();
    tell(now);
    if (now.speed == data::Speed::go) return {};
    const bool stands = now.speed == data::Speed::stop;
    if (stands && !halved) queue_.halve();
    halved = halved || stands;
    const auto rest = stands ? while_stopped : queue_.target();
    if (!sleep_until(Deadline::in(rest), rest, request_.patience.stop))
      return fail(gave_up("the next block may be read", true));
    if (!stands) return {};
  }
  return {};
}

// Whoever lost the session has claimed the comparison anew meanwhile: that is no other runner.
Result<Wish> Gate::wish(Pair& pair) {
  while (true) {
    const auto lease = keeper_.lease();
    if (!lease) return Wish{};
    auto read = read_wish(pair.original(), *lease, Deadline::in(request_.patience.with_request));
    if (read || read.error().kind != ErrorKind::conflict) return read;
    const auto by_now = keeper_.lease();
    if (by_now && by_now->epoch == lease->epoch) return read;
  }
}

data::Indication Gate::seen() {
  const std::lock_guard lock(mutex_);
  return brake_ ? brake_->look(queue_.relations()) : data::Indication{};
}

void Gate::tell(const data::Indication& now) {
  const std::lock_guard lock(mutex_);
  queue_.slowed_by(now.why);
  const auto stopped = now.speed == data::Speed::stop ? now.name : std::string();
  if (!stopped.empty() && stopped != told_ && request_.say) request_.say("waits: " + now.why);
  told_ = stopped;
}

}  // namespace pgcleave::compare

#include "engine/split_lease.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "world/durability.h"
#include "world/holding.h"

namespace pgcleave::engine {
namespace {

constexpr auto patience_with_lease = std::chrono::seconds(5);
constexpr auto patience_while_clients_wait = std::chrono::milliseconds(300);
constexpr auto patience_with_members = std::chrono::seconds(1);
constexpr auto patience_for_the_last_word = std::chrono::seconds(2);
// Between two effects; longer, and the process may have been stopped or the machine suspended.
constexpr auto longest_absence = std::chrono::milliseconds(500);
constexpr auto patience_for_a_question = std::chrono::milliseconds(200);

Deadline deadline_for_a_side(bool clients_wait) {
  return Deadline::in(clients_wait ? Duration(patience_while_clients_wait) : Duration(patience_with_lease));
}

}  // namespace

SplitLease::SplitLease(RunState& run) : run_(run) {}

Result<void> SplitLease::acquire() {
  auto& identity = run_.world.run;
  const bool clients_wait = run_.record().open_window() != nullptr;
  run_.recorder.inside_window(clients_wait);
  const auto held = world::split_held(run_.world, deadline_for_a_side(clients_wait));
  last_verified_ = time_since_boot();
  if (!held.installed()) return {};
  identity.epoch = std::max(identity.epoch, held.last_epoch() + 1);
  TRY(run_.recorder.announce("run.signing", {{"epoch", identity.epoch}, {"take_over", identity.take_over}}));
  Json signatures{{"epoch", identity.epoch}};
  if (held.source.answered) TRY(sign(run_.world.source, clients_wait, signatures));
  if (held.target.answered) TRY(sign(run_.world.target, clients_wait, signatures));
  identity.take_over = false;  // once: a process that takes over from this one keeps the split
  return run_.recorder.write("run.signed", signatures);
}

Result<void> SplitLease::sign(world::Side& side, bool clients_wait, Json& signatures) {
  TRY_ASSIGN(const auto signature, world::sign(run_.world, side, deadline_for_a_side(clients_wait)));
  signatures[side.name()] = world::name_of(signature);
  if (signature != world::Signature::unknown) signed_sides_.insert(side.side_name());
  if (signature != world::Signature::given || clients_wait) return {};
  const auto lacking = world::wait_until_flushed_by_members(side, Deadline::in(patience_with_members), &run_.stop);
  if (!lacking || lacking->empty()) return {};
  signatures[side.name() + "_not_durable_on"] = *lacking;
  if (run_.output.warn)
    run_.output.warn(fmt::format(
        "{}: the signature of this run is not on disk on {}: promoted now, it would not keep an older run from acting",
        side.label(), fmt::join(*lacking, ", ")));
  return {};
}

Result<void> SplitLease::fence_out(world::Side& side, Deadline deadline) {
  auto& epoch = run_.world.run.epoch;
  ++epoch;
  TRY(run_.recorder.announce("run.signing", {{"epoch", epoch}}));
  TRY(wait_until(
      side.label() + " can be signed", deadline, std::chrono::milliseconds(100), nullptr, [&]() -> Result<bool> {
        TRY_ASSIGN(const auto signature,
                   world::sign(run_.world, side, deadline.or_earlier(Deadline::in(std::chrono::seconds(2)))));
        return signature != world::Signature::unknown;
      }));
  signed_sides_.insert(side.side_name());
  return run_.recorder.write("run.signed", {{"epoch", epoch}, {side.name(), world::name_of(world::Signature::given)}});
}

Result<void> SplitLease::verify() {
  const auto now = time_since_boot();
  if (lost_) return fail(*lost_);
  if (now - std::exchange(last_verified_, now) < longest_absence) return {};
  const auto held = world::split_held(run_.world, Deadline::in(patience_for_a_question));
  last_verified_ = time_since_boot();
  const auto& identity = run_.world.run;
  for (const auto* side : {&held.source, &held.target}) {
    const auto& holder = side->seen.holder;
    if (!holder) continue;
    if (holder->epoch <= identity.epoch && (holder->over || identity.as_holder().continues(*holder))) continue;
    lost_ = Error{ErrorKind::held,
                  "split " + run_.world.split.name,
                  "was taken over while this process was away; it does nothing any more",
                  "",
                  holder->text(),
                  "",
                  ""};
    return fail(*lost_);
  }
  return {};
}

void SplitLease::release() {
  if (lost_ || !world::split_held(run_.world, Deadline::in(patience_for_the_last_word)).installed()) return;
  if (!run_.recorder.write("run.letting_go", Json::object())) return;
  world::release_lease(run_.world, Deadline::in(patience_for_the_last_word));
}

}  // namespace pgcleave::engine

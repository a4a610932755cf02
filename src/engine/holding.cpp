// Whoever takes up a run outranks all who acted on its split before, itself included: what was sent and has not arrived yet must not come
// after the look that decides between undo and tail. And who was away for a while asks whether the split is still its own.
#include "steps/holding.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "engine/run.h"
#include "steps/durability.h"

namespace pgcleave::engine {
namespace {

constexpr auto patience = std::chrono::seconds(5);
constexpr auto patience_while_clients_wait = std::chrono::milliseconds(300);
constexpr auto patience_with_members = std::chrono::seconds(1);
constexpr auto patience_for_the_last_word = std::chrono::seconds(2);
// Between two effects; longer, and the process may have been stopped or the machine suspended.
constexpr auto longest_absence = std::chrono::milliseconds(500);
constexpr auto patience_for_a_question = std::chrono::milliseconds(200);

}  // namespace

std::optional<RunResult> Run::begin_acting() {
  effects_.may_act = [this] { return still_ours(); };
  if (auto no = owners_first()) return no;
  const auto held = hold_split();
  if (held) return {};
  const bool other = held.error().kind == ErrorKind::held || held.error().kind == ErrorKind::foreign;
  return finish(recorder_.record().phase.empty() ? "undone" : "stopped", other ? ExitCode::held : ExitCode::needs_person,
                held.error().text() + "; nothing was changed");
}

Result<void> Run::hold_split() {
  const bool clients_wait = recorder_.record().open_window() != nullptr;
  recorder_.inside_window(clients_wait);
  const auto deadline = [&] { return Deadline::in(clients_wait ? Duration(patience_while_clients_wait) : Duration(patience)); };
  const auto held = steps::split_held(world_, deadline());
  last_seen_ours_ = time_since_boot();
  if (!held.installed()) return {};
  world_.run.epoch = std::max(world_.run.epoch, held.last_epoch() + 1);
  TRY(recorder_.announce("run.signing", {{"epoch", world_.run.epoch}, {"take_over", world_.run.take_over}}));
  Json signed_now{{"epoch", world_.run.epoch}};
  for (const auto& [side, answered] : {std::pair{&world_.source, held.source.answered}, std::pair{&world_.target, held.target.answered}}) {
    if (!answered) continue;
    TRY_ASSIGN(const auto signature, steps::sign(world_, *side, deadline()));
    signed_now[side->name()] = steps::name_of(signature);
    if (signature != steps::Signature::unknown) signed_sides_.insert(side->name());
    if (signature != steps::Signature::given || clients_wait) continue;
    const auto lacking = steps::wait_until_flushed_by_members(*side, Deadline::in(patience_with_members), &stop_);
    if (!lacking || lacking->empty()) continue;
    signed_now[side->name() + "_not_durable_on"] = *lacking;
    if (talk_.warn)
      talk_.warn(fmt::format("{}: the signature of this run is not on disk on {}: promoted now, it would not keep an older run from acting",
                             side->label(), fmt::join(*lacking, ", ")));
  }
  world_.run.take_over = false;  // once; whoever takes over from us is not taken over again
  return recorder_.write("run.signed", std::move(signed_now));
}

// A request that nobody answered may still be on its way: from now on it is refused, so that what is seen stays true.
Result<void> Run::outrank_on(steps::Side& side, Deadline deadline) {
  ++world_.run.epoch;
  TRY(recorder_.announce("run.signing", {{"epoch", world_.run.epoch}}));
  TRY(wait_until(side.label() + " can be signed", deadline, std::chrono::milliseconds(100), nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto signature, steps::sign(world_, side, deadline.or_earlier(Deadline::in(std::chrono::seconds(2)))));
    return signature != steps::Signature::unknown;
  }));
  signed_sides_.insert(side.name());
  return recorder_.write("run.signed", {{"epoch", world_.run.epoch}, {side.name(), steps::name_of(steps::Signature::given)}});
}

Result<void> Run::still_ours() {
  const auto now = time_since_boot();
  if (outranked_) return fail(*outranked_);
  if (now - std::exchange(last_seen_ours_, now) < longest_absence) return {};
  const auto held = steps::split_held(world_, Deadline::in(patience_for_a_question));
  last_seen_ours_ = time_since_boot();
  for (const auto* side : {&held.source, &held.target}) {
    const auto& holder = side->seen.holder;
    if (!holder || (holder->epoch <= world_.run.epoch && (holder->over || world_.run.as_holder().continues(*holder)))) continue;
    outranked_ = Error{ErrorKind::held,
                       "split " + world_.split.name,
                       "was taken over while this process was away; it does nothing any more",
                       "",
                       holder->text(),
                       "",
                       ""};
    return fail(*outranked_);
  }
  return {};
}

void Run::let_go() {
  if (outranked_ || !steps::split_held(world_, Deadline::in(patience_for_the_last_word)).installed()) return;
  if (!recorder_.write("run.letting_go", Json::object())) return;
  steps::let_go(world_, Deadline::in(patience_for_the_last_word));
}

}  // namespace pgcleave::engine

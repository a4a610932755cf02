#include "steps/replication/linking.h"

#include "base/format.h"
#include "base/units.h"
#include "fence/canary.h"
#include "postgres/applying.h"
#include "postgres/replication.h"
#include "postgres/transactions.h"
#include "postgres/wal.h"

namespace pgcleave::steps {
namespace {

// A slot can be made when all transactions that write have ended once.
Error with_those_in_the_way(Error error, postgres::Connection& leader) {
  if (error.kind != ErrorKind::timed_out) return error;
  const auto oldest = postgres::oldest_transactions(leader, 3, Deadline::in(std::chrono::seconds(1)));
  if (!oldest || oldest->empty()) return error;
  error.expected = "all transactions that write to have ended once";
  error.seen = fmt::format("{}", fmt::join(*oldest, "; "));
  error.hint = "end them, or wait until they have ended";
  return error;
}

// The rollback path is to survive a failover of the target. The forward link is short-lived, and with failover it would
// wait for the slots in the source's synchronized_standby_slots, of which the promotion takes one's reader away.
postgres::Failover failover_of(const world::Link& link) {
  return link.from.which() == fence::Owner::target ? postgres::Failover::as_set_up : postgres::Failover::no;
}

Result<bool> slot_has_failover(Context& context, const world::Link& link, postgres::Connection& subscriber) {
  if (subscriber.server_version() < postgres::failover_slots_since) return false;
  TRY_ASSIGN(auto* publisher, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*publisher, link.name, context.deadline));
  return slot && slot->failover;
}

Result<postgres::SubscriptionOptions> options_of(Context& context, const world::Link& link,
                                                 postgres::Connection& subscriber) {
  if (subscriber.server_version() < postgres::origins_since) return postgres::SubscriptionOptions();
  const auto tables = published(context.world, link);
  TRY_ASSIGN(auto* publisher, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto others,
             postgres::other_origins(*publisher, tables, link_names(context.world), context.deadline));
  TRY_ASSIGN(const auto security, postgres::row_security(subscriber, tables, context.deadline));
  return postgres::chosen_options(others, security);
}

}  // namespace

Result<void> open_link(Context& context, const world::Link& link, bool open) {
  TRY(context.world.effects->perform(
      fmt::format("{} publication {} on {}", open ? "open" : "close", link.name, link.from.label()),
      [&]() -> Result<Json> {
        TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
        TRY(postgres::open_publication(*leader, link.name, open, context.deadline));
        return Json();
      }));
  return {};
}

Result<Observation> observe_slot(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, link.name, context.deadline));
  Observation seen;
  seen.evidence = slot ? "slot at " + slot->confirmed.text() : "no slot";
  if (slot && slot->failover) seen.evidence += ", for standbys too (failover)";
  if (!slot) return seen;
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  seen.state = recovery.in_recovery || slot->lost() ? State::conflict : State::done;
  if (recovery.in_recovery) seen.evidence += ", left over from before";
  if (slot->lost()) seen.evidence += ", and " + slot->loss();
  seen.outputs = {{"from", slot->confirmed.text()}};
  return seen;
}

Result<Json> create_slot(Context& context, const world::Link& link) {
  return context.world.effects->perform(
      fmt::format("create logical slot {} on {}", link.name, link.from.label()), [&]() -> Result<Json> {
        TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
        const auto slot = postgres::create_logical_slot(*leader, link.name, context.deadline, failover_of(link));
        if (!slot) return fail(with_those_in_the_way(slot.error(), *leader));
        return Json{{"from", slot->confirmed.text()}};
      });
}

Result<void> drop_slot(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, link.name, context.deadline));
  if (!slot) return {};
  TRY(context.world.effects->perform(fmt::format("drop logical slot {} on {}", link.name, link.from.label()),
                                     [&]() -> Result<Json> {
                                       TRY(postgres::drop_slot(*leader, link.name, context.deadline));
                                       return Json();
                                     }));
  return {};
}

Result<void> subscribe(Context& context, const world::Link& link, const From& from) {
  auto& effects = *context.world.effects;
  TRY(effects.perform(fmt::format("create subscription {} on {}, from {}, without copying", link.name, link.to.label(),
                                  link.from.label()),
                      [&]() -> Result<Json> {
                        TRY_ASSIGN(auto* leader, link.to.leader(context.deadline));
                        TRY_ASSIGN(const auto position, from());
                        TRY_ASSIGN(const auto conninfo, link.from.replication_conninfo(context.deadline));
                        TRY_ASSIGN(const auto options, options_of(context, link, *leader));
                        TRY_ASSIGN(const bool failover, slot_has_failover(context, link, *leader));
                        TRY(postgres::create_subscription(
                            *leader,
                            {link.name, link.name, link.name, conninfo, link.from.access().replication.password,
                             position, options, failover},
                            context.deadline));
                        return Json();
                      }));
  TRY(effects.perform(fmt::format("enable subscription {} on {}", link.name, link.to.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, link.to.leader(context.deadline));
    TRY(postgres::enable_subscription(*leader, link.name, context.deadline));
    return Json();
  }));
  return {};
}

// A side that is a standby has none of its own.
Result<void> unsubscribe(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* leader, link.to.leader(context.deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*leader, link.name, context.deadline));
  if (recovery.in_recovery || !subscription) return {};
  TRY(context.world.effects->perform(fmt::format("drop subscription {} on {}", link.name, link.to.label()),
                                     [&]() -> Result<Json> {
                                       TRY(postgres::drop_subscription(*leader, link.name, context.deadline));
                                       return Json();
                                     }));
  return {};
}

Result<Observation> observe_ended(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* subscriber, link.to.leader(context.deadline));
  TRY_ASSIGN(auto* publisher, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*subscriber, link.name, context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*publisher, link.name, context.deadline));
  Observation seen;
  seen.evidence = fmt::format("{} subscription, {} slot", subscription ? "a" : "no", slot ? "a" : "no");
  if (!subscription && !slot) seen.state = State::done;
  return seen;
}

Result<Json> end(Context& context, const world::Link& link) {
  auto& effects = *context.world.effects;
  TRY(effects.perform(fmt::format("drop subscription {} on {}", link.name, link.to.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, link.to.leader(context.deadline));
    TRY(postgres::drop_subscription(*leader, link.name, context.deadline));
    return Json();
  }));
  TRY(effects.perform(fmt::format("drop logical slot {} on {}", link.name, link.from.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
    TRY(postgres::drop_slot(*leader, link.name, context.deadline));
    return Json();
  }));
  return Json::object();
}

Result<double> send_canary(Context& context, const world::Link& link, const std::string& token) {
  const auto began = Monotonic::now();
  TRY_ASSIGN(auto* from, link.from.leader(context.deadline));
  TRY_ASSIGN(auto* to, link.to.leader(context.deadline));
  TRY(fence::write_canary(*from, link.canary, token, context.deadline));
  auto arrived = wait_until(
      "the canary row has arrived on " + link.to.label(), context.deadline, std::chrono::microseconds(500),
      context.stop, [&] { return fence::canary_arrived(*to, link.canary, token, context.deadline.for_one_read()); });
  if (!arrived) {
    arrived.error().object = link.name;
    arrived.error().hint = "look into PostgreSQL's log on " + link.to.label() + " for the subscription " + link.name;
    return fail(arrived.error());
  }
  return milliseconds(std::chrono::duration_cast<Duration>(Monotonic::now() - began));
}

}  // namespace pgcleave::steps

#include "steps/patroni/reattaching.h"

#include <algorithm>

#include "base/format.h"
#include "base/lines.h"
#include "base/units.h"
#include "patroni/inspection.h"
#include "postgres/following.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/patroni/late_promotion.h"
#include "steps/patroni/member_fixing.h"
#include "steps/patroni/reattach_guard.h"
#include "steps/patroni/reclone.h"
#include "world/telling.h"

namespace pgcleave::steps {
namespace {

class Reattachment {
 public:
  Reattachment(Context& context, Side& cluster, const Reattaching& what)
      : context_(context),
        cluster_(cluster),
        upstream_(context.world.other(cluster)),
        standby_cluster_(patroni::without_nulls(what.standby_cluster)),
        common_checkpoint_(what.common_checkpoint),
        guard_(context, cluster, what.classes, what.given_up),
        telling_(context.world) {}

  // A promoted cluster is asked, a standby has nothing of its own.
  Result<void> guard(bool now) {
    auto leader = cluster_.leader(context_.deadline.for_one_read());
    if (!leader)
      return is_put_back() ? Result<void>() : fail(leader.error());  // an earlier try stopped it, or emptied it
    TRY_ASSIGN(const auto recovery, postgres::recovery(**leader, context_.deadline.for_one_read()));
    if (recovery.in_recovery) return {};
    return now ? guard_.follows_now(**leader) : guard_.may_follow(**leader);
  }

  // Refuses before anything is changed.
  Result<void> prepare() {
    TRY(guard(false));
    auto leader = cluster_.leader(context_.deadline);
    if (!leader) return is_put_back() ? Result<void>() : fail(leader.error());
    TRY_ASSIGN(const auto recovery, postgres::recovery(**leader, context_.deadline));
    if (!recovery.in_recovery) {
      TRY_ASSIGN(const auto missing, missing_for_rewind(context_, cluster_, common_checkpoint_));
      if (missing && !may_clone()) return fail(*missing);
      if (missing) return {};
    }
    return postgres::checkpoint(**leader, context_.deadline);
  }

  // Returns how: rewound or cloned.
  Result<Json> attach() {
    TRY_ASSIGN(const auto attached, observe_attached(context_, cluster_));
    auto missing = std::optional<Error>();
    if (attached.state != State::done) {
      TRY_ASSIGN(missing, missing_for_rewind(context_, cluster_, common_checkpoint_));
    }
    TRY_ASSIGN(const auto copying, copy_under_way(context_, upstream_));
    // Of an earlier try. While the cluster is still promoted it is somebody's backup, and says nothing.
    const bool being_cloned = missing && copying && is_put_back();
    if (missing && !being_cloned && !may_clone()) return fail(*missing);
    TRY(put_back());
    if (missing && !being_cloned) TRY(clone(*missing));
    auto waited = wait_until(cluster_.label() + " streams from " + upstream_.label(), context_.deadline,
                             std::chrono::milliseconds(100), context_.stop, [this] { return streams(); });
    if (!waited) {
      if (waited.error().seen.empty()) waited.error().seen = telling_.last();
      if (waited.error().hint.empty())
        waited.error().hint = "look at Patroni's log of " + cluster_.access().scope + "; then: pgcleave resume";
      return fail(waited.error());
    }
    return Json{{"how", cloned_ || being_cloned ? "cloned" : "rewound"}, {"given_up", guard_.given_up()}};
  }

 private:
  [[nodiscard]] bool may_clone() const { return !reclone_program(context_, cluster_).empty(); }

  bool is_put_back() {
    const auto config = cluster_.patroni().config(context_.deadline.for_one_read());
    return config && patroni::without_nulls(config->value("standby_cluster", Json())) == standby_cluster_;
  }

  // The PATCH goes to the leader. A cluster that hangs without one has it already.
  Result<void> put_back() {
    TRY(guard(true));
    const auto sent = cluster_.patroni().patch_config({{"standby_cluster", standby_cluster_}, {"pgcleave", nullptr}},
                                                      context_.deadline);
    if (sent || (sent.error().kind == ErrorKind::not_ready && is_put_back())) return {};
    return fail(sent.error());
  }

  Result<void> clone(const Error& why) {
    TRY(guard_.may_be_cloned());
    telling_.changed(fmt::format("{} (needed: {}; {}); cloning it anew: {}", why.what, why.expected, why.seen,
                                 shown(reclone_program(context_, cluster_))));
    TRY(reclone(context_, cluster_));
    cloned_ = true;
    return {};
  }

  // Patroni stops it for pg_rewind: nobody is there to ask then, as it should be. An error is told once that lasts.
  std::string so_far(const Observation& seen) {
    const bool restarts = seen.outputs.contains("unreached") && !patience_.passed();
    return restarts ? cluster_.label() + " restarts as a standby" : seen.evidence + missing_slot();
  }

  Result<bool> streams() {
    TRY_ASSIGN(const auto seen, observe_attached(context_, cluster_));
    if (seen.state == State::done) return true;
    TRY(put_back_if_promoted_again());
    const auto copying = copy_under_way(context_, upstream_);
    if (copying && *copying) {
      telling_.now_and_then(**copying);
    } else {
      telling_.changed(so_far(seen));
      if (copying && !cloned_ && patience_.passed()) TRY(clone_if_it_hangs());
    }
    return false;
  }

  // By a PATCH that came late, say. It leads on a timeline of its own then, and pg_rewind needs a checkpoint on that
  // again.
  Result<void> put_back_if_promoted_again() {
    if (!look_again_.passed()) return {};
    look_again_ = Deadline::in(between_looks);
    const auto config = cluster_.patroni().config(context_.deadline.for_one_read());
    if (!config || config->value("standby_cluster", Json()).is_object()) return {};
    telling_.changed(cluster_.label() + " was promoted again; made a standby again");
    auto leader = cluster_.leader(context_.deadline.for_one_read());
    if (leader) TRY(postgres::checkpoint(**leader, context_.deadline));
    return put_back();
  }

  // Patroni 3.0.2 makes the slots of its configuration when it begins to lead, and does not notice when one of them is
  // dropped.
  std::string missing_slot() {
    const auto name = patroni::slot_of_standby(standby_cluster_);
    if (name.empty()) return "";
    auto leader = upstream_.leader(context_.deadline.for_one_read());
    if (!leader) return "";
    const auto slot = postgres::slot(**leader, name, context_.deadline.for_one_read());
    if (!slot || *slot) return "";
    return fmt::format("; its slot {0} does not exist on {1}: select pg_create_physical_replication_slot('{0}', true)",
                       name, upstream_.label());
  }

  // Rewound, it may still hang in "starting" for ever: the upstream can remove the WAL after it was looked for.
  Result<void> clone_if_it_hangs() {
    patience_ = Deadline::in(patience);
    const auto missing = missing_for_rewind(context_, cluster_, common_checkpoint_);
    if (!missing || !*missing || is_fed()) return {};
    if (!may_clone()) return fail(**missing);
    return clone(**missing);
  }

  // A sender that has begun to stream to one of its members sends WAL that is there.
  bool is_fed() {
    const auto view = cluster_.patroni().view(context_.deadline.for_one_read());
    auto leader = upstream_.leader(context_.deadline.for_one_read());
    if (!view || !leader) return true;  // can't tell
    const auto senders = postgres::senders(**leader, context_.deadline.for_one_read());
    if (!senders) return true;
    return std::any_of(senders->begin(), senders->end(), [&](const auto& sender) {
      return std::any_of(view->members.begin(), view->members.end(), [&](const auto& member) {
        return sender.application == member.name && (sender.state == "streaming" || sender.state == "catchup");
      });
    });
  }

  static constexpr auto patience = std::chrono::seconds(20);
  static constexpr auto between_looks = std::chrono::seconds(3);
  Context& context_;
  Side& cluster_;
  Side& upstream_;
  const Json standby_cluster_;
  const std::string& common_checkpoint_;
  ReattachGuard guard_;
  world::Telling telling_;
  bool cloned_ = false;
  Deadline look_again_ = Deadline::in(between_looks);
  Deadline patience_ = Deadline::in(patience);
};

// The same in plan and run: which of the two it will be shows only when WAL is looked for.
std::string description(Context& context, Side& cluster, const Side& upstream) {
  const auto& program = reclone_program(context, cluster);
  auto text = fmt::format("make {} a standby cluster of {} again: PATCH standby_cluster, wait until it streams",
                          cluster.label(), upstream.label());
  if (!program.empty()) text += ", by pg_rewind or, if WAL is gone, cloned anew by: " + shown(program);
  return text;
}

}  // namespace

Result<Observation> observe_attached(Context& context, Side& cluster) {
  Observation seen;
  // While it is being rewound there is no leader to ask; that is pending, not an error.
  auto leader = cluster.leader(context.deadline);
  if (!leader) {
    seen.evidence = one_line(leader.error().text());
    seen.outputs["unreached"] = true;
    return seen;
  }
  const auto recovery = postgres::recovery(**leader, context.deadline.for_one_read());
  if (!recovery) {
    seen.evidence = one_line(recovery.error().text());
    seen.outputs["unreached"] = true;
    return seen;
  }
  if (!recovery->in_recovery) {
    seen.evidence = cluster.label() + " is writable";
    return seen;
  }
  const auto receiving = postgres::receiving(**leader, context.deadline.for_one_read());
  seen.evidence = receiving ? fmt::format("{} receives: {}", cluster.label(), *receiving) : receiving.error().text();
  if (receiving && *receiving == "streaming") seen.state = State::done;
  return seen;
}

Result<void> may_reattach(Context& context, Side& cluster, const Reattaching& what) {
  return Reattachment(context, cluster, what).guard(false);
}

Result<Json> reattach_cluster(Context& context, Side& cluster, const Reattaching& what) {
  auto& world = context.world;
  const auto began = Monotonic::now();
  Reattachment reattachment(context, cluster, what);
  TRY(world.effects->perform("CHECKPOINT on " + cluster.label() + ", which pg_rewind needs", [&]() -> Result<Json> {
    TRY(reattachment.prepare());
    return Json();
  }));
  const auto attach = [&]() -> Result<Json> {
    if (what.standby_cluster.is_object() && !what.standby_cluster.empty()) return reattachment.attach();
    return fail({ErrorKind::invalid, cluster.label(), "no standby_cluster configuration is known to go back to",
                 "the output of patroni.promote", to_text(what.standby_cluster),
                 "give it: with: {standby_cluster: ${promote.standby_cluster}}", ""});
  };
  TRY_ASSIGN(auto result, world.effects->perform(description(context, cluster, world.other(cluster)), attach));
  if (context.in_doubt) {
    TRY_ASSIGN(const bool never, never_came(context, cluster, what.standby_cluster));
    if (!never) {
      TRY_ASSIGN(result, world.effects->perform(description(context, cluster, world.other(cluster)), attach));
    }
  }
  TRY_ASSIGN(const auto members, bring_members_along(context, cluster));
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  Json outputs = result.is_object() ? result : Json::object();
  outputs.update(members);
  outputs["seconds"] = milliseconds(took) / 1000;
  return outputs;
}

}  // namespace pgcleave::steps

// check.topology: is the world as the environment file says, and fit for a cutover? Reads only; names everything that is wrong at
// once, before anything is changed.
#include "base/format.h"
#include "base/units.h"
#include "postgres/identity.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/checking.h"
#include "steps/findings.h"
#include "steps/link.h"
#include "steps/member_mending.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "steps/table_obstacles.h"

namespace pgcleave::steps {
namespace {

// A route of one's own, such as a proxy's, follows the leader. One that is a member's address does not: after a failover it leads clients
// to a standby.
void look_at_route(const Side& side, const patroni::View& view, Findings& findings) {
  const auto& route = side.access().route;
  const auto* leader = view.leader();
  for (const auto& member : view.members) {
    if (member.host != route.host || member.port != route.port || leader == nullptr || member.name == leader->name) continue;
    findings.add(side.label(),
                 fmt::format("its route {}:{} is member {}, but {} leads: clients would be sent to a standby. Let it be an address that "
                             "follows the leader, or bring the leader back: patronictl switchover {} --leader {} --candidate {}",
                             route.host, route.port, member.name, leader->name, view.scope, leader->name, member.name));
  }
}

// The leader's identity; findings when it can't be had.
std::optional<postgres::Identity> look_at_side(Context& context, Side& side, Findings& findings) {
  const auto view = side.patroni().view(context.deadline);
  if (!view) {
    findings.add(view.error());
    return {};
  }
  if (view->scope != side.access().scope) {
    findings.add(side.label(), fmt::format("Patroni's scope there is {}: are the sides swapped in the environment file?", view->scope));
    return {};
  }
  if (view->paused)
    findings.add(side.label(), "Patroni is paused: a promotion would hang. Resume it with: patronictl resume " + view->scope);
  look_at_route(side, *view, findings);
  auto leader = side.leader(context.deadline);
  if (!leader) {
    findings.add(leader.error());
    return {};
  }
  auto identity = postgres::identify(**leader, context.deadline);
  if (!identity) {
    findings.add(identity.error());
    return {};
  }
  if (!identity->superuser) findings.add(side.label(), fmt::format("user {} is no superuser", identity->user));
  if (identity->version < 150000)
    findings.add(side.label(), fmt::format("PostgreSQL {} is too old, 15 is needed", identity->version / 10000));
  return std::move(*identity);
}

bool is_member(const patroni::View& view, const std::string& host, int port) {
  for (const auto& member : view.members) {
    if (member.host == host && member.port == port) return true;
  }
  return false;
}

// Only the leader is promoted. A replica that will not follow it is a warning of `pgcleave check`.
void look_at_standby_leader(Context& context, Side& side, postgres::Connection& leader, Findings& findings) {
  const auto view = side.patroni().view(context.deadline);
  if (!view) return findings.add(view.error());
  const auto members = inspect_members(side, *view, leader, context.deadline.or_earlier(Deadline::in(std::chrono::seconds(3))));
  if (!members) return findings.add(members.error());
  for (const auto& member : *members) {
    if (member.leads && !member.problem().empty()) findings.add(side.label(), left_behind(side, member));
  }
}

void look_at_chain(Context& context, const postgres::Identity& source, const postgres::Identity& target, Findings& findings) {
  auto& world = context.world;
  if (source.in_recovery) {
    findings.add(world.source.label(), "is in recovery, so it can't be the source: are the sides swapped in the environment file?");
    return;
  }
  if (context.text("target") == "promoted") {
    if (target.in_recovery) findings.add(world.target.label(), "is a standby; it should have been promoted by now");
    return;
  }
  if (!target.in_recovery) {
    findings.add(world.target.label(), "is no standby: it is writable. Reattach it to " + world.source.label() + " first");
    return;
  }
  if (source.system_identifier != target.system_identifier) {
    findings.add(world.target.label(), fmt::format("is no standby of {}: system identifier {} there, {} here", world.source.label(),
                                                   source.system_identifier, target.system_identifier));
    return;
  }
  auto target_leader = world.target.leader(context.deadline);
  if (!target_leader) return findings.add(target_leader.error());
  const auto receiver = postgres::receiver(**target_leader, context.deadline);
  if (!receiver) return findings.add(receiver.error());
  const auto view = world.source.patroni().view(context.deadline);
  const auto& route = world.source.access().route;
  const bool from_source = view && (is_member(*view, receiver->sender_host, receiver->sender_port) ||
                                    (receiver->sender_host == route.host && receiver->sender_port == route.port));
  if (receiver->status != "streaming") {
    findings.add(world.target.label(),
                 "does not stream from the source: " + (receiver->status.empty() ? std::string("no WAL receiver") : receiver->status));
  } else if (!from_source) {
    findings.add(world.target.label(), fmt::format("streams from {}:{}, which is no member of {}", receiver->sender_host,
                                                   receiver->sender_port, world.source.label()));
  }
  look_at_standby_leader(context, world.target, **target_leader, findings);
  const auto obstacles = world.target.patroni().obstacles_to_promotion(context.deadline);
  if (!obstacles) return findings.add(obstacles.error());
  for (const auto& obstacle : *obstacles) findings.add(world.target.label(), obstacle);
}

void look_at_tables(Context& context, const std::string& serving, Findings& findings) {
  auto& world = context.world;
  auto& side = world.side(serving);
  const auto split = "split " + world.split.name;
  const auto tables = tables_on(world, side, context.deadline);
  if (!tables) return findings.add(tables.error());
  const auto leader = side.leader(context.deadline);
  if (!leader) return findings.add(leader.error());
  const auto obstacles = table_obstacles(**leader, tables->split, context.deadline);
  if (!obstacles) return findings.add(obstacles.error());
  std::string unlogged;
  for (const auto& table : tables->split.moved) {
    if (table.holds_rows && table.unlogged) unlogged += (unlogged.empty() ? "" : ", ") + table.name.sql();
  }
  if (tables->split.moved.empty()) findings.add(split, "moves no table");
  const auto without = replication_problems(tables->split);
  if (!without.empty()) {
    findings.add(split,
                 fmt::format("tables without a replica identity that can be replicated: once they are published, clients' UPDATE and "
                             "DELETE would fail or not come over: {}",
                             fmt::join(without, ", ")));
  }
  if (!unlogged.empty()) findings.add(split, "unlogged tables are empty after a promotion: " + unlogged);
  for (const auto& obstacle : *obstacles) findings.add("table " + obstacle.table.sql(), obstacle.what + "; " + obstacle.fix);
}

void look_at_leftovers(Context& context, Findings& findings) {
  auto& world = context.world;
  auto source = world.source.leader(context.deadline);
  auto target = world.target.leader(context.deadline);
  if (!source || !target) return;
  const auto reverse = reverse_link(world);
  const auto subscription = postgres::subscription(**source, reverse.name, context.deadline);
  if (subscription && *subscription) {
    findings.add(world.source.label(), "has a subscription " + reverse.name + " of an earlier run: roll that run back, or drop it");
  }
  const auto slot = postgres::slot(**target, reverse.name, context.deadline);
  if (slot && *slot)
    findings.add(world.target.label(), "has a slot " + reverse.name + " of an earlier run: roll that run back, or drop it");
}

// 0 means no bound, which PgBouncer shows as "0".
void look_at_timeout(const pgbouncer::BouncerState& bouncer, const char* name, const std::string& seconds, Duration budget,
                     Findings& findings) {
  double value = 0;
  try {
    value = std::stod(seconds);
  } catch (const std::exception&) {
    return;
  }
  if (value > 0 && Duration(static_cast<std::int64_t>(value * 1e6)) <= budget) {
    findings.add(bouncer.name,
                 fmt::format("{} is {} s: clients that wait would be cut within the budget of {}", name, seconds, to_text(budget)));
  }
}

void look_at_fleet(Context& context, const std::string& serving, Duration budget, Findings& findings) {
  auto& world = context.world;
  const auto route = world.route_to(serving);
  for (const auto& bouncer : world.fleet.look(context.deadline)) {
    if (!bouncer.reachable) {
      findings.add(bouncer.name, "can't be reached: " + bouncer.error);
      continue;
    }
    if (bouncer.pool_mode == "session" && !context.with.value("allow_session_pooling", false)) {
      findings.add(bouncer.name, "pools by session: PAUSE would wait until every client has left. Use pool_mode = transaction");
    }
    if (bouncer.database.paused) findings.add(bouncer.name, "the pool is paused already by somebody");
    if (bouncer.database.disabled) findings.add(bouncer.name, "the pool is disabled");
    look_at_timeout(bouncer, "query_wait_timeout", bouncer.query_wait_timeout, budget, findings);
    look_at_timeout(bouncer, "query_timeout", bouncer.query_timeout, budget, findings);
  }
  for (const auto& bouncer : world.fleet.routes(context.deadline)) {
    if (!bouncer.error.empty()) {
      findings.add(bouncer.name, bouncer.error);
      continue;
    }
    const auto wrong = [&](const char* where, const std::optional<pgbouncer::Route>& seen) {
      if (seen == route) return;
      findings.add(bouncer.name, fmt::format("{} points the pool at {}:{}, not at {}:{} ({})", where, seen ? seen->host : "nothing",
                                             seen ? seen->port : 0, route.host, route.port, world.side(serving).label()));
    };
    wrong("its configuration file", bouncer.file);
    wrong("the running process", bouncer.running);
  }
}

Result<Observation> inspect_check_topology(Context& context, Findings& findings) {
  auto& world = context.world;
  const auto serving = context.text("serving");
  TRY_ASSIGN(const auto budget, parse_duration(context.text("budget")));
  const auto source = look_at_side(context, world.source, findings);
  const auto target = look_at_side(context, world.target, findings);
  if (source && target && serving == "source") {
    look_at_chain(context, *source, *target, findings);
    if (context.text("target") == "standby") look_at_leftovers(context, findings);
  }
  if (serving == "source" ? source.has_value() : target.has_value()) look_at_tables(context, serving, findings);
  look_at_fleet(context, serving, budget, findings);
  Observation seen;
  seen.state = findings.empty() ? State::done : State::pending;
  seen.evidence = findings.empty() ? fmt::format("{} tables move, {} bouncers, both clusters as expected", world.split.moved.size(),
                                                 world.fleet.bouncers().size())
                                   : findings.text();
  return seen;
}

Result<Observation> observe_check_topology(Context& context) {
  Findings findings;
  return inspect_check_topology(context, findings);
}

Result<Json> apply_check_topology(Context& context, const Json&) {
  return check_each_once(context, inspect_check_topology);
}

}  // namespace

StepKind check_topology() {
  return {{.kind = "check.topology",
           .purpose = "Checks clusters, standby chain, tables and bouncers against the environment and split files.",
           .parameters =
               {side_parameter("serving", "the side that serves the moved tables now"),
                {"budget", runbook::Type::duration, "5s", false, "time that clients may wait; the bouncers' timeouts must be longer", {}},
                {"target",
                 runbook::Type::text,
                 "standby",
                 false,
                 "what the target is at this point, while the source serves",
                 {"standby", "promoted"}},
                {"allow_session_pooling", runbook::Type::boolean, false, false, "PAUSE then waits until clients leave by themselves", {}}},
           .facts = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe_check_topology,
          apply_check_topology,
          nullptr};
}

}  // namespace pgcleave::steps

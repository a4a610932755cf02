// check.route: does the leader of a side answer at its route, logged in to as the bouncers do? For a window, between
// the promotion and ownership.take: a proxy may open its route only when it sees a primary, and a route may have broken
// since it was tried through the bouncers. A paused pool can't be tried through: this is a login from this machine,
// with the bouncers' TLS settings.
#include "base/address.h"
#include "base/format.h"
#include "base/units.h"
#include "config/connection_keys.h"
#include "steps/check/checking.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/route_answer.h"

namespace pgcleave::steps {
namespace {

constexpr auto time_for_login = std::chrono::seconds(1);

struct WantedLogin {
  const config::Pool* pool = nullptr;
  world::ServerLogin login;
  std::string host;
};

// To one host of the route. Without `logins` (of pgbouncer.try_route): once for each pool, by the side's database. None
// for a route to the bouncers' own machine, which is another one than this.
std::vector<WantedLogin> wanted_logins(Context& context, const Side& side, const std::string& host) {
  std::vector<WantedLogin> all;
  const auto given = world::logins_in(Json::parse(context.text("logins"), nullptr, false));
  for (const auto& pool : context.world.environment.pools) {
    bool known = false;
    for (const auto& bouncer : pool.bouncers) {
      const bool hidden = config::cannot_be_seen_from_here(bouncer, host);
      known = known || hidden;
      for (const auto& login : given) {
        if (bouncer.name != login.bouncers.front()) continue;
        known = true;
        if (!hidden) all.push_back({&pool, login, host});
      }
    }
    if (known) continue;
    const auto dbname = side.access().postgres.values.find("dbname");
    all.push_back(
        {&pool, {dbname == side.access().postgres.values.end() ? pool.database : dbname->second, {}, {}}, host});
  }
  return all;
}

Result<Observation> observe_check_route(Context& context) {
  auto& world = context.world;
  const auto to = context.side_name("to");
  auto& side = world.side(to);
  TRY_ASSIGN(auto* session, side.leader(context.deadline));
  TRY_ASSIGN(const auto route, world.route_to(to, context.deadline));
  TRY_ASSIGN(const auto leader, world::ask_who_answers(*session, context.deadline));
  const auto hosts = hosts_of(route.host);
  std::vector<WantedLogin> wanted;
  for (const auto& host : hosts) {
    for (auto& one : wanted_logins(context, side, host)) wanted.push_back(std::move(one));
  }
  std::vector<postgres::Settings> settings;
  for (const auto& one : wanted)
    settings.push_back(world::settings_of(one.login, *one.pool, side, one.host, route.port));
  const auto deadline = context.deadline.or_earlier(Deadline::in(time_for_login));
  auto connections = postgres::Connection::open_all(settings, deadline, context.stop);
  Observation seen;
  for (std::size_t i = 0; i < connections.size(); ++i) {
    std::string wrong;
    if (!connections[i]) {
      wrong = world::reason_of(connections[i].error());
    } else if (const auto answer = world::ask_who_answers(*connections[i], deadline); !answer) {
      wrong = world::reason_of(answer.error());
    } else {
      wrong = world::why_not_leader(*answer, leader, side.access().scope);
    }
    if (wrong.empty()) continue;
    const auto& names = wanted[i].login.bouncers;
    seen.evidence += fmt::format(
        "{}{}{}{}", seen.evidence.empty() ? "" : "; ", hosts.size() < 2 ? "" : "host " + wanted[i].host + ", ",
        names.empty() ? "" : fmt::format("with the TLS settings of {}: ", fmt::join(names, ", ")), wrong);
  }
  if (seen.evidence.empty()) {
    seen.state = State::done;
    seen.evidence = wanted.empty()
                        ? fmt::format("{} is each bouncer's own machine, and can't be tried from this one", route.host)
                        : fmt::format("{}'s leader answers at {}", side.label(), address_text(route.host, route.port));
  } else {
    seen.evidence =
        fmt::format("route {} to {}: {}", address_text(route.host, route.port), side.label(), seen.evidence);
  }
  return seen;
}

Result<Json> apply_check_route(Context& context, const Json&) {
  TRY_ASSIGN(const auto within, parse_duration(context.text("within")));
  Context own = context;
  own.deadline = context.deadline.or_earlier(Deadline::in(within));
  const auto& side = context.side("to");
  TRY_ASSIGN(const auto route, context.world.route_to(side.side_name(), own.deadline));
  return check_until_done(own, observe_check_route, fmt::format("{}'s leader answers at its route", side.label()),
                          "route " + address_text(route.host, route.port));
}

}  // namespace

StepKind check_route() {
  return {{.kind = "check.route",
           .purpose = "Logs in at a side's route as the bouncers do, and waits until that side's leader answers there.",
           .parameters = {side_parameter("to", "the side whose route is tried"),
                          {"within",
                           runbook::Type::duration,
                           "2s",
                           false,
                           "how long to wait; a proxy needs a moment to see a primary",
                           {}},
                          {"logins",
                           runbook::Type::text,
                           "",
                           false,
                           "how the bouncers log in: an output of pgbouncer.try_route",
                           {}}},
           .outputs = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_route,
          apply_check_route,
          nullptr};
}

}  // namespace pgcleave::steps

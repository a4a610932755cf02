// pgbouncer.try_route: can every bouncer log in at the route of a side, and does that side's leader answer there? Tried
// through each process itself, while its clients stay where they are: in a window it would be too late.
#include <future>

#include "base/address.h"
#include "base/deadline.h"
#include "base/format.h"
#include "pgbouncer/route_trial.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/route_answer.h"
#include "world/serving.h"

namespace pgcleave::steps {
namespace {

constexpr auto time_for_trials = std::chrono::seconds(9);
constexpr auto time_for_reason = std::chrono::seconds(2);

struct TriedRoute {
  const config::Pool* pool = nullptr;
  pgbouncer::BouncerSpec bouncer;
  std::optional<postgres::Settings> client;
  world::ServerLogin login;
  std::string not_tried;
};

std::vector<TriedRoute> bouncers_of(const World& world) {
  const auto clients = world::probes(world.environment);
  std::vector<TriedRoute> all;
  for (const auto& pool : world.environment.pools) {
    for (const auto& bouncer : pool.bouncers) {
      TriedRoute one;
      one.pool = &pool;
      for (const auto& spec : world.fleet.bouncers()) {
        if (spec.name == bouncer.name) one.bouncer = spec;
      }
      for (const auto& client : clients) {
        if (client.name == bouncer.name) one.client = client;
      }
      all.push_back(std::move(one));
    }
  }
  return all;
}

// Why, as far as a login from this machine with the bouncer's TLS settings tells. "" when that one succeeds.
std::string reason_from_here(const TriedRoute& tried, const Side& side, const pgbouncer::Route& route) {
  const auto settings = settings_of(tried.login, *tried.pool, side, route.host, route.port);
  const auto connection = postgres::Connection::open(settings, Deadline::in(time_for_reason));
  return connection ? "" : world::reason_of(connection.error());
}

Error cannot_serve(const TriedRoute& tried, const Side& side, const pgbouncer::Route& route, const std::string& seen) {
  Error error{
      ErrorKind::not_ready,
      "bouncer " + tried.bouncer.name,
      fmt::format("can't serve clients at {} ({})", address_text(route.host, route.port), side.label()),
      fmt::format("a login through it at a second entry with that route, and {}'s leader behind it", side.label()),
      seen,
      "look into this bouncer's log; try all logins: pgcleave doctor",
      ""};
  const auto here = reason_from_here(tried, side, route);
  error.seen += here.empty() ? "; a login from this machine succeeds" : "; a login from this machine: " + here;
  return error;
}

Result<void> try_one(TriedRoute& tried, const Side& side, const pgbouncer::Route& route,
                     const world::RouteAnswer& leader, Deadline deadline) {
  TRY_ASSIGN(const auto trial, pgbouncer::try_route(tried.bouncer, route, tried.client, world::who_answers, deadline));
  tried.login = {trial.database, world::tls_keywords(trial.tls, tried.bouncer.shell.empty()), {tried.bouncer.name}};
  tried.not_tried = trial.not_tried;
  if (trial.refused) return fail(cannot_serve(tried, side, route, world::reason_of(*trial.refused)));
  if (!trial.answer) return {};
  const auto wrong = world::why_not_leader(world::answer_in(*trial.answer), leader, side.access().scope);
  if (!wrong.empty()) return fail(cannot_serve(tried, side, route, wrong));
  return {};
}

// Of several hosts PgBouncer would take any: each is tried.
Result<void> try_hosts(TriedRoute& tried, const Side& side, const pgbouncer::Route& route,
                       const world::RouteAnswer& leader, Deadline deadline) {
  for (const auto& host : hosts_of(route.host)) {
    TRY(try_one(tried, side, {host, route.port}, leader, deadline));
  }
  return {};
}

// One error that names each bouncer.
Result<void> together(const std::vector<Result<void>>& outcomes) {
  std::optional<Error> all;
  for (const auto& outcome : outcomes) {
    if (outcome) continue;
    if (!all) {
      all = outcome.error();
      continue;
    }
    if (outcome.error().kind != ErrorKind::not_ready) all->kind = outcome.error().kind;
    auto error = outcome.error();
    error.hint.clear();
    error.expected.clear();
    all->seen += "; " + error.text();
  }
  if (all) return fail(*all);
  return {};
}

std::vector<world::ServerLogin> distinct_logins(const std::vector<TriedRoute>& all) {
  std::vector<world::ServerLogin> logins;
  for (const auto& tried : all) {
    bool known = false;
    for (auto& login : logins) {
      if (login.database != tried.login.database || login.tls != tried.login.tls) continue;
      login.bouncers.push_back(tried.bouncer.name);
      known = true;
    }
    if (!known && !tried.login.database.empty()) logins.push_back(tried.login);
  }
  return logins;
}

Result<Json> try_all(Context& context, SideName to) {
  auto& world = context.world;
  auto& side = world.side(to);
  const auto deadline = context.deadline.or_earlier(Deadline::in(time_for_trials));
  TRY_ASSIGN(const auto route, world.route_to(to, deadline));
  TRY_ASSIGN(auto* session, side.leader(deadline));
  TRY_ASSIGN(const auto leader, world::ask_who_answers(*session, deadline));
  auto all = bouncers_of(world);
  // Two trials of one file, one after the other.
  std::map<std::vector<std::string>, std::vector<TriedRoute*>> by_file;
  for (auto& one : all) {
    auto file = one.bouncer.shell;
    file.push_back(one.bouncer.config);
    by_file[file].push_back(&one);
  }
  std::vector<std::future<std::vector<Result<void>>>> running;
  for (const auto& [file, those] : by_file) {
    running.push_back(std::async(std::launch::async, [&, &pools = those, stop = HeededStop::current()] {
      const HeededStop heeded(stop);
      std::vector<Result<void>> outcomes;
      for (auto* one : pools) outcomes.push_back(try_hosts(*one, side, route, leader, deadline));
      return outcomes;
    }));
  }
  std::vector<Result<void>> outcomes;
  for (auto& one : running) {
    for (auto& outcome : one.get()) outcomes.push_back(std::move(outcome));
  }
  TRY(together(outcomes));
  int tried = 0;
  for (const auto& one : all) {
    if (one.not_tried.empty()) ++tried;
    if (!one.not_tried.empty())
      world.progress.say(fmt::format("{} was not tried: {}", one.bouncer.name, one.not_tried));
  }
  return Json{{"tried", tried}, {"logins", to_text(to_json(distinct_logins(all)))}};
}

Result<void> prepare_pgbouncer_try_route(Context& context) {
  return context.world.fleet.connect(context.deadline);
}

Result<Observation> observe_pgbouncer_try_route(Context& context) {
  TRY_ASSIGN(const auto route, context.world.route_to(context.side_name("to"), context.deadline));
  Observation seen;
  seen.lasting = false;
  seen.evidence =
      fmt::format("{} are to log in at {}", context.world.bouncer_names(), address_text(route.host, route.port));
  return seen;
}

Result<Json> apply_pgbouncer_try_route(Context& context, const Json&) {
  auto& world = context.world;
  const auto to = context.side_name("to");
  TRY_ASSIGN(const auto route, world.route_to(to, context.deadline));
  Json outputs{{"tried", 0}, {"logins", "[]"}};
  TRY_ASSIGN(const auto told,
             world.effects->perform(
                 fmt::format("try whether {} can log in at {} ({}): for a moment each configuration file has a second "
                             "entry with that route, a login goes through it, and the file is put back",
                             world.bouncer_names(), address_text(route.host, route.port), world.side(to).label()),
                 [&] { return try_all(context, to); }));
  if (told.is_object()) outputs.update(told);
  return outputs;
}

Result<void> undo_pgbouncer_try_route(Context& context, const Json&, const Json&) {
  auto& world = context.world;
  TRY(world.effects->perform(
      fmt::format("put back a configuration file of {} whose trial was cut short", world.bouncer_names()),
      [&]() -> Result<Json> {
        TRY(world.fleet.discard_staged(context.deadline));
        return Json();
      }));
  return {};
}

}  // namespace

StepKind pgbouncer_try_route() {
  return {{.kind = "pgbouncer.try_route",
           .purpose = "Tries through each bouncer whether it can log in at a side's route, and whether that side's "
                      "leader answers there.",
           .parameters = {side_parameter("to", "the side whose route is tried")},
           .outputs = {{"tried", "number of bouncers that a login went through"},
                       {"logins", "how they log in to a server, for check.route"}},
           .changes = "for a moment each configuration file has a second entry; the pool's own stays as it is",
           .undo = "puts back a file whose trial was cut short",
           .traits = {.changes = true, .spared = true}},
          prepare_pgbouncer_try_route,
          observe_pgbouncer_try_route,
          apply_pgbouncer_try_route,
          undo_pgbouncer_try_route};
}

}  // namespace pgcleave::steps

#include "world/serving.h"

#include <algorithm>
#include <set>

#include "base/lines.h"
#include "postgres/wal.h"
#include "world/route_answer.h"

namespace pgcleave::world {

const char* name_of(Serving serving) {
  switch (serving) {
    case Serving::source: return "source";
    case Serving::target: return "target";
    case Serving::both: return "both";
    case Serving::nobody: return "nobody";
    case Serving::unknown: return "unknown";
  }
  return "unknown";
}

std::optional<Serving> serving_named(const std::string& text) {
  for (const auto serving : {Serving::source, Serving::target, Serving::both, Serving::nobody, Serving::unknown}) {
    if (text == name_of(serving)) return serving;
  }
  return std::nullopt;
}

std::optional<SideName> side_of(Serving serving) {
  if (serving == Serving::source) return SideName::source;
  if (serving == Serving::target) return SideName::target;
  return std::nullopt;
}

Serving serving(World& world, Deadline deadline) {
  const auto owner_on = [&](Side& side, Deadline until) -> Result<std::optional<fence::Owner>> {
    TRY_ASSIGN(auto* leader, side.leader(until));
    return fence::owner(*leader, world.split.name, until);
  };
  const auto target = owner_on(world.target, deadline);
  const bool target_owns = target && *target == fence::Owner::target;
  const auto source =
      owner_on(world.source, target_owns ? deadline.or_earlier(Deadline::in(std::chrono::seconds(1))) : deadline);
  if (target_owns) return source && *source == fence::Owner::source ? Serving::both : Serving::target;
  if (!source) return Serving::unknown;
  if (!source->has_value() || **source == fence::Owner::source) return Serving::source;
  return target ? Serving::nobody : Serving::unknown;
}

std::vector<AskedAsClient> ask_as_client(const World& world, const std::vector<std::string>& paused,
                                         Deadline deadline) {
  auto clients = probes(world.environment);
  clients.erase(
      std::remove_if(clients.begin(), clients.end(),
                     [&](const auto& client) { return std::count(paused.begin(), paused.end(), client.name) > 0; }),
      clients.end());
  std::vector<AskedAsClient> all;
  auto opened = postgres::Connection::open_all(clients, deadline);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    AskedAsClient one{clients[i].name, "", ""};
    const auto answer =
        opened[i] ? ask_who_answers(*opened[i], deadline.for_one_read()) : Result<RouteAnswer>(fail(opened[i].error()));
    if (answer) one.cluster = answer->cluster;
    if (!answer) one.problem = one_line(reason_of(answer.error()));
    all.push_back(std::move(one));
  }
  return all;
}

bool is_standby(Side& side, Deadline deadline) {
  const auto leader = side.leader(deadline);
  if (!leader) return false;
  const auto recovery = postgres::recovery(**leader, deadline);
  return recovery && recovery->in_recovery;
}

std::vector<postgres::Settings> probes(const config::Environment& environment) {
  std::vector<postgres::Settings> all;
  for (const auto& pool : environment.pools) {
    if (pool.probe.values.empty()) continue;
    for (const auto& bouncer : pool.bouncers) {
      postgres::Settings settings;
      settings.name = bouncer.name;
      settings.values = pool.probe.values;
      for (const char* key : {"host", "port"}) {
        if (const auto value = bouncer.console.values.find(key); value != bouncer.console.values.end())
          settings.values[key] = value->second;
      }
      settings.values["dbname"] = pool.database;
      settings.password = pool.probe.password;
      settings.key_password = pool.probe.key_password;
      settings.cancel_on_deadline = false;
      all.push_back(std::move(settings));
    }
  }
  return all;
}

std::vector<std::string> probe_users(const config::Environment& environment) {
  std::set<std::string> users;
  for (const auto& pool : environment.pools) {
    if (const auto user = pool.probe.values.find("user"); user != pool.probe.values.end()) users.insert(user->second);
  }
  return {users.begin(), users.end()};
}

}  // namespace pgcleave::world

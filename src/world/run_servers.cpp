#include "world/run_servers.h"

#include <future>

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::world {
namespace {

DatabaseId database_in(const Json& side) {
  return {text_in(side, "system_identifier"), text_in(side, "database"), text_in(side, "database_oid")};
}

Result<void> is_expected(const Result<void>& connected) {
  return !connected && connected.error().kind == ErrorKind::invalid ? connected : Result<void>();
}

// What doesn't answer is left to the steps. Each side and the fleet have connections of their own.
Result<void> connect_sides(World& world, Deadline deadline) {
  const auto connect = [deadline](Side& side) -> Result<void> {
    TRY(side.leader(deadline));
    return {};
  };
  auto target = std::async(std::launch::async, [&] { return connect(world.target); });
  const auto source = connect(world.source);
  TRY(is_expected(target.get()));
  return is_expected(source);
}

// A pool's dbname stays as it is when it is repointed, so both sides must be split in the database to which it leads.
Result<void> same_database(World& world, const std::string& bouncer, const std::string& pool,
                           const std::string& database) {
  for (const auto* side : {&world.source, &world.target}) {
    if (!side->database() || database.empty() || side->database()->name == database) continue;
    return fail({ErrorKind::invalid, "bouncer " + bouncer,
                 fmt::format("its pool {} leads to another database than the one that is split", pool),
                 fmt::format("database {} ({})", side->database()->name, side->label()), "database " + database,
                 "correct postgres.dbname or the pool's database in the environment file, or the pool's dbname; "
                 "nothing was changed",
                 ""});
  }
  return {};
}

Result<void> judge_bouncers(World& world, const std::vector<Result<pgbouncer::ProcessId>>& processes) {
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const auto& spec = world.fleet.bouncers()[i];
    if (processes[i]) TRY(same_database(world, spec.name, spec.database, processes[i]->database));
    if (!processes[i] && processes[i].error().kind == ErrorKind::invalid) return fail(processes[i].error());
  }
  return {};
}

}  // namespace

Json sides_seen(const World& world) {
  Json sides = Json::object();
  for (const auto* side : {&world.source, &world.target}) {
    const auto& database = side->database();
    if (!database) continue;
    sides[side->name()] = {{"system_identifier", database->system_identifier},
                           {"database", database->name},
                           {"database_oid", database->oid}};
  }
  return sides;
}

std::string other_sides(const World& world, const Json& servers) {
  std::string others;
  for (const auto* side : {&world.source, &world.target}) {
    const bool named = servers.contains(side->name()) && servers.at(side->name()).is_object();
    const auto was = named ? database_in(servers.at(side->name())) : DatabaseId();
    if (named && side->database() && side->database()->may_be(was)) continue;
    others += fmt::format("{}{}: {}", others.empty() ? "" : "; ", side->label(),
                          named ? was.text() : std::string("not named"));
  }
  return others;
}

Result<Json> note_servers(World& world, Deadline deadline) {
  TRY(connect_sides(world, deadline));
  const auto processes = world.fleet.processes(deadline);
  TRY(judge_bouncers(world, processes));
  auto servers = sides_seen(world);
  servers["bouncers"] = Json::array();
  std::size_t i = 0;
  for (const auto& pool : world.environment.pools) {
    for (const auto& bouncer : pool.bouncers) {
      Json one{{"name", bouncer.name},
               {"pool", pool.database},
               {"host", bouncer.console.value("host")},
               {"port", bouncer.console.value("port")}};
      if (const auto& process = processes[i++]; process) {
        one["listen_port"] = process->listen_port;
        one["unix_socket_dir"] = process->unix_socket_dir;
        one["database"] = process->database;
      }
      servers["bouncers"].push_back(std::move(one));
    }
  }
  return servers;
}

void expect_servers(World& world, const Json& servers) {
  for (auto* side : {&world.source, &world.target}) {
    const auto kept = object_in(servers, side->name().c_str());
    if (!kept.empty()) side->expect_database(database_in(kept));
  }
  const auto database =
      text_in(object_in(servers, "source"), "database", text_in(object_in(servers, "target"), "database"));
  for (const auto& bouncer : list_in(servers, "bouncers")) {
    world.fleet.expect(text_in(bouncer, "name"), {text_in(bouncer, "listen_port"), text_in(bouncer, "unix_socket_dir"),
                                                  text_in(bouncer, "database", database)});
  }
}

Result<void> compare_servers(World& world, Deadline deadline) {
  auto connected = std::async(std::launch::async, [&] { return world.fleet.processes(deadline); });
  const auto sides = connect_sides(world, deadline);
  const auto processes = connected.get();
  TRY(sides);
  return judge_bouncers(world, processes);
}

}  // namespace pgcleave::world

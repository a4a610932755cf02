#include "init/changes.h"

#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "base/lines.h"
#include "init/cluster.h"
#include "pgbouncer/console.h"
#include "world/split_sequences.h"

namespace pgcleave::init {
namespace {

bool holds(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

class Changes {
 public:
  explicit Changes(world::World& world) : world_(world) {}

  std::vector<Changed> run() {
    cluster(world_.source);
    cluster(world_.target);
    consoles();
    tables();
    return std::move(all_);
  }

 private:
  void add(std::string object, std::string what, std::string fix) {
    all_.push_back({std::move(object), std::move(what), std::move(fix)});
  }
  [[nodiscard]] std::string in_file(const std::string& key) const {
    return fmt::format("{} in {}", key, world_.environment.path);
  }

  void cluster(world::Side& side) {
    const auto seen = patroni::inspect(side.rest_access(), Deadline::in(time_per_address));
    if (!seen.error.empty()) return add(side.label(), "can't be asked: " + one_line(seen.error), "");
    if (seen.view.scope != side.access().scope)
      add(side.label(), "its scope is " + seen.view.scope, "correct " + in_file(side.name() + ".scope"));
    const auto key = in_file(side.name() + ".patroni.members");
    const auto now = rest_addresses(seen.view);
    for (const auto& url : now) {
      if (!holds(side.access().patroni.members, url))
        add(side.label(), "member " + url + " is new", "add it to " + key);
    }
    for (const auto& address : seen.addresses) {
      if (!address.error.empty() && !holds(now, address.url))
        add(side.label(), "member " + address.url + " is gone", "take it out of " + key);
    }
    route(side, seen.view);
  }

  // Of a proxy nobody here knows where it leads.
  void route(const world::Side& side, const patroni::View& view) {
    const auto& route = side.access().route;
    const auto* leader = view.leader();
    if (route.leader || leader == nullptr) return;
    for (const auto& member : view.members) {
      if (member.host != route.host || member.port != route.port || member.name == leader->name) continue;
      add(side.label(),
          fmt::format("its route leads to member {}, and {} leads at {}", member.name, leader->name,
                      address_text(leader->host, leader->port)),
          fmt::format("write that address, or leader, as {}", in_file(side.name() + ".route")));
    }
  }

  void consoles() {
    const auto& bouncers = world_.fleet.bouncers();
    std::vector<postgres::Settings> settings;
    for (const auto& bouncer : bouncers) settings.push_back(bouncer.console);
    auto opened = pgbouncer::Console::open_all(settings, Deadline::in(time_per_address));
    for (std::size_t i = 0; i < opened.size(); ++i) {
      const auto seen = opened[i] ? pool(bouncers[i], *opened[i]) : fail(opened[i].error());
      if (!seen) add("bouncer " + bouncers[i].name, "can't be asked: " + one_line(seen.error().text()), "");
    }
  }

  Result<void> pool(const pgbouncer::BouncerSpec& bouncer, pgbouncer::Console& console) {
    const auto deadline = Deadline::in(time_per_address);
    const auto object = "bouncer " + bouncer.name;
    TRY_ASSIGN(const auto conffile, console.setting("conffile", deadline));
    if (conffile.starts_with('/') && bouncer.config.starts_with('/') && conffile != bouncer.config)
      add(object, "its file is " + conffile, "correct " + in_file("config of " + bouncer.name));
    TRY_ASSIGN(const auto databases, console.databases(deadline));
    const auto found =
        std::find_if(databases.begin(), databases.end(), [&](const auto& one) { return one.name == bouncer.database; });
    if (found == databases.end())
      add(object, "serves no database " + bouncer.database, "correct " + in_file("the pool's database"));
    else if (!leads_to_route(*found))
      add(object, fmt::format("its pool {} leads to {}", bouncer.database, address_text(found->host, found->port)),
          "write that as route of the side that it is of, or point the pool to its route");
    return {};
  }

  // One that fails to tell its leader was told of above.
  bool leads_to_route(const pgbouncer::Database& pool) {
    for (auto* side : {&world_.source, &world_.target}) {
      const auto route = side->route(Deadline::in(time_per_address));
      if (!route || (route->host == pool.host && route->port == pool.port)) return true;
    }
    return false;
  }

  void tables() {
    const auto object = "split " + world_.split_file.name;
    const auto seen = world::tables_on(world_, world_.source, Deadline::in(time_for_catalog));
    if (!seen) return add(object, "the catalog can't be read: " + one_line(seen.error().text()), "");
    compare(object, "table", *seen);
    const auto sequences = world::sequences_on(world_, world_.source, Deadline::in(time_for_catalog));
    if (!sequences) return add(object, "the sequences can't be read: " + one_line(sequences.error().text()), "");
    compare(object, "sequence", *sequences);
  }

  void compare(const std::string& object, const char* kind, const auto& seen) {
    for (const auto& problem : seen.problems) add(object, problem, "correct " + world_.split_file.path);
    for (const auto& name : seen.unclassified)
      add(object, fmt::format("{} {} is new, and in no class", kind, name.sql()),
          "put it under moved, kept or shared in " + world_.split_file.path);
  }

  world::World& world_;
  std::vector<Changed> all_;
};

}  // namespace

std::vector<Changed> changes_since(const config::Environment& environment, const config::Split& split) {
  auto world = world::unopened_world(environment, split);
  return Changes(world).run();
}

Json json_of(const Changed& changed) {
  return {{"object", changed.object}, {"what", changed.what}, {"fix", changed.fix}};
}

}  // namespace pgcleave::init

#include "config/environment_rules.h"

#include <algorithm>
#include <map>

#include "base/address.h"
#include "base/format.h"

namespace pgcleave::config {
namespace {

// The place of root.a.b..., or of the last key on the way that there is.
Place place_of(const Node& root, const std::vector<std::string>& keys) {
  const Node* node = &root;
  for (const auto& key : keys) {
    const auto* entry = node->entry(key);
    if (entry == nullptr) break;
    node = &entry->value;
  }
  return node->at;
}

void check_sides(const Node& root, const Environment& environment, Problems& problems) {
  const auto& source = environment.source;
  const auto& target = environment.target;
  if (!source.scope.empty() && source.scope == target.scope) {
    problems.add(place_of(root, {"target", "scope"}),
                 fmt::format("source and target have the same scope '{}'", source.scope),
                 "the two clusters need different scopes: ownership is told by it");
  }
  if (source.route.port != 0 && source.route.host == target.route.host && source.route.port == target.route.port) {
    problems.add(place_of(root, {"target", "route"}),
                 "source and target have the same route " + address_text(source.route.host, source.route.port),
                 "the bouncers would stay where they are");
  }
  for (const auto& member : target.patroni.members) {
    const auto& others = source.patroni.members;
    if (std::find(others.begin(), others.end(), member) == others.end()) continue;
    problems.add(place_of(root, {"target", "patroni", "members"}),
                 fmt::format("the address {} is on both sides", member), "a member belongs to one cluster");
  }
}

std::string console_of(const BouncerAccess& bouncer) {
  const auto value = [&](const char* key) {
    const auto found = bouncer.console.values.find(key);
    return found == bouncer.console.values.end() ? std::string() : found->second;
  };
  return value("host").empty() || value("port").empty() ? "" : address_text(value("host"), value("port"));
}

// Walks tree and values side by side: they have the same length, item by item.
class PoolRules {
 public:
  explicit PoolRules(Problems& problems) : problems_(problems) {}

  void check(const Node& root, const Environment& environment) {
    const auto* pools = root.entry("pools");
    if (pools == nullptr) return;
    std::size_t next = 0;
    for (const auto& item : pools->value.items) {
      const auto databases = databases_of(item);
      for (const auto* database : databases) {
        const auto& pool = environment.pools.at(next++);
        once(databases_, pool.database, database->at, "the database");
        if (database == databases.front()) check_bouncers(item, pool);
      }
    }
  }

 private:
  void check_bouncers(const Node& node, const Pool& pool) {
    const auto* bouncers = node.entry("bouncers");
    for (std::size_t i = 0; i < pool.bouncers.size(); ++i) {
      const auto& bouncer = pool.bouncers[i];
      const auto& item = bouncers->value.items.at(i);
      once(names_, bouncer.name, place_of(item, {"name"}), "the bouncer");
      console(bouncer, place_of(item, {"console"}), pool.database);
    }
  }

  // One process may serve several of the databases: then its file is the same too.
  void console(const BouncerAccess& bouncer, Place at, const std::string& database) {
    const auto address = console_of(bouncer);
    const Process process{bouncer.config, bouncer.shell, database};
    const auto first = processes_.find(address);
    const bool shared = first != processes_.end() && first->second.database != database &&
                        first->second.config == process.config && first->second.shell == process.shell;
    if (shared) {
      once(consoles_of_pool_[database], address, at, "the console");
      return;
    }
    consoles_of_pool_[database].emplace(address, at);
    processes_.emplace(address, process);
    once(consoles_, address, at, "the console");
  }

  void once(std::map<std::string, Place>& seen, const std::string& value, Place at, const char* what) {
    if (value.empty()) return;
    const auto [first, fresh] = seen.emplace(value, at);
    if (!fresh) {
      problems_.add(at, fmt::format("{} {} is given twice", what, shown(value)),
                    fmt::format("the first is at {}", problems_.position(first->second).text()));
    }
  }

  Problems& problems_;
  std::map<std::string, Place> databases_;
  std::map<std::string, Place> names_;
  struct Process {
    std::string config;
    std::vector<std::string> shell;
    std::string database;  // of the first pool
  };
  std::map<std::string, Place> consoles_;
  std::map<std::string, Process> processes_;
  std::map<std::string, std::map<std::string, Place>> consoles_of_pool_;  // by database
};

}  // namespace

std::vector<const Node*> databases_of(const Node& pool) {
  if (const auto* single = pool.entry("database")) return {&single->value};
  std::vector<const Node*> all;
  if (const auto* several = pool.entry("databases")) {
    for (const auto& item : several->value.items) all.push_back(&item);
  }
  return all;
}

void check_rules(const Node& root, const Environment& environment, Problems& problems) {
  check_sides(root, environment, problems);
  PoolRules(problems).check(root, environment);
}

}  // namespace pgcleave::config

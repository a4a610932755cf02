#include "world/probes.h"

#include <set>

namespace pgcleave::world {

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

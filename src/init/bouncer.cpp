#include "init/bouncer.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/address.h"
#include "base/format.h"
#include "base/lines.h"
#include "init/login.h"
#include "pgbouncer/place/config_place.h"

namespace pgcleave::init {
namespace {

Result<BouncerFound> shown_by(pgbouncer::Console& console, BouncerFound bouncer, Deadline deadline) {
  TRY_ASSIGN(bouncer.version, console.version(deadline));
  if (const std::string product = "PgBouncer "; bouncer.version.starts_with(product))
    bouncer.version = bouncer.version.substr(product.size());
  TRY_ASSIGN(const auto settings, console.settings(deadline));
  const auto value = [&](const char* key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string() : found->second.value;
  };
  bouncer.config = value("conffile");
  bouncer.admin_users = value("admin_users");
  if (!bouncer.config.starts_with('/') && is_here(bouncer.at.host)) {
    const auto folder =
        pgbouncer::ConfigPlace({}).working_folder(bouncer.config, value("pidfile"), bouncer.config, deadline);
    if (folder) bouncer.config = *folder + "/" + bouncer.config;
  }
  TRY_ASSIGN(bouncer.databases, console.databases(deadline));
  std::erase_if(bouncer.databases, [](const auto& database) { return database.name == "pgbouncer"; });
  return bouncer;
}

Error not_shown(const BouncerFound& bouncer, const Error& error) {
  return {ErrorKind::not_ready,
          "--console " + bouncer.at.text(),
          "is answered, but not as PgBouncer's console does",
          "SHOW VERSION, SHOW CONFIG and SHOW DATABASES",
          one_line(error.text()),
          fmt::format("psql -h {} -p {} pgbouncer shows what is there", bouncer.at.host, bouncer.at.port),
          ""};
}

}  // namespace

BouncersRead read_bouncers(const Asked& asked, Deadline deadline) {
  BouncersRead read;
  std::vector<postgres::Settings> settings;
  std::vector<BouncerFound> named;
  for (const auto& text : asked.consoles) {
    const auto at = console_address(text);
    if (!at) read.errors.push_back(at.error());
    if (!at) continue;
    BouncerFound bouncer;
    bouncer.name = fmt::format("bouncer-{}", named.size() + 1);
    bouncer.at = *at;
    settings.push_back(login_to(at->host, at->port, "pgbouncer", asked.admin(), asked));
    named.push_back(std::move(bouncer));
  }
  auto consoles = pgbouncer::Console::open_all(settings, deadline);
  for (std::size_t i = 0; i < consoles.size(); ++i) {
    if (!consoles[i]) {
      read.errors.push_back(refused_console(named[i].at, asked, consoles[i].error()));
      continue;
    }
    auto shown = shown_by(*consoles[i], named[i], deadline);
    if (shown) read.bouncers.push_back(std::move(*shown));
    if (!shown) read.errors.push_back(not_shown(named[i], shown.error()));
  }
  return read;
}

namespace {

bool leads_to(const pgbouncer::Database& pool, const ClusterFound& cluster) {
  const auto hosts = hosts_of(pool.host);
  return std::any_of(cluster.view.members.begin(), cluster.view.members.end(), [&](const auto& member) {
    return member.port == pool.port && std::find(hosts.begin(), hosts.end(), member.host) != hosts.end();
  });
}

std::string served_by(const std::vector<BouncerFound>& bouncers) {
  std::vector<std::string> all;
  for (const auto& bouncer : bouncers) {
    for (const auto& pool : bouncer.databases)
      all.push_back(fmt::format("{} at {} leads to {} of {}", pool.name, bouncer.at.text(), pool.database,
                                address_text(pool.host, pool.port)));
  }
  return all.empty() ? "no database" : fmt::format("{}", fmt::join(all, ", "));
}

// By name of the pool: which processes serve it.
using Servers = std::map<std::string, std::vector<std::size_t>>;

std::vector<PoolFound> grouped(const Servers& servers) {
  std::vector<PoolFound> pools;
  for (const auto& [name, bouncers] : servers) {
    const auto same =
        std::find_if(pools.begin(), pools.end(), [&](const auto& one) { return one.bouncers == bouncers; });
    if (same != pools.end()) same->databases.push_back(name);
    if (same == pools.end()) pools.push_back({{name}, bouncers});
  }
  return pools;
}

}  // namespace

Result<PoolsFound> pools_to(const ClusterFound& source, const std::vector<BouncerFound>& bouncers,
                            const std::string& database) {
  Servers servers;
  std::set<std::string> databases;
  std::set<std::pair<std::string, int>> routes;
  for (std::size_t i = 0; i < bouncers.size(); ++i) {
    for (const auto& pool : bouncers[i].databases) {
      const bool wanted = database.empty() || pool.database == database;
      if (!wanted || (database.empty() && !leads_to(pool, source))) continue;
      servers[pool.name].push_back(i);
      databases.insert(pool.database);
      routes.emplace(pool.host, pool.port);
    }
  }
  const auto wrong = [&](const std::string& what, const std::string& expected, const std::string& hint) {
    return fail({ErrorKind::invalid, "--console", what, expected, served_by(bouncers), hint, ""});
  };
  if (servers.empty()) {
    const auto members = address_text(source.leader.host, source.leader.port);
    return wrong(database.empty() ? "no pool leads to a member of " + source.label() : "no pool leads to " + database,
                 fmt::format("an entry of [databases] with the address of {}'s leader, {}", source.label(), members),
                 "where a proxy stands between, name the database: pgcleave init --database NAME ...");
  }
  if (databases.size() > 1)
    return wrong("the pools lead to several databases", "one", "name it: pgcleave init --database NAME ...");
  if (routes.size() > 1)
    return wrong("the pools lead to several addresses", "the same host and port in each",
                 "give only the consoles of the pools through which the moved tables are used");
  return PoolsFound{*databases.begin(), routes.begin()->first, routes.begin()->second, grouped(servers)};
}

}  // namespace pgcleave::init

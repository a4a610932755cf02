#include "init/missing.h"

#include <algorithm>
#include <sstream>

#include "base/address.h"
#include "base/format.h"
#include "config/connection_keys.h"
#include "init/file_texts.h"
#include "init/login.h"
#include "postgres/hba.h"

namespace pgcleave::init {
namespace {

// "a, b" of PgBouncer's settings.
bool names(const std::string& list, const std::string& name) {
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    const auto first = word.find_first_not_of(" \t");
    const auto last = word.find_last_not_of(" \t");
    if (first != std::string::npos && word.substr(first, last - first + 1) == name) return true;
  }
  return false;
}

class MissingParts {
 public:
  MissingParts(const Asked& asked, const Found& found, world::World& world, Deadline deadline)
      : asked_(asked), found_(found), world_(world), deadline_(deadline) {}

  std::vector<Missing> run() {
    secrets();
    for (const auto& bouncer : found_.bouncers) console(bouncer);
    if (!found_.target.standby) of_its_own();
    logins(world_.source, found_.source, found_.target);
    logins(world_.target, found_.target, found_.source);
    return std::move(all_);
  }

 private:
  void add(std::string what, std::string where, std::vector<std::string> lines) {
    all_.push_back({std::move(what), std::move(where), std::move(lines)});
  }

  [[nodiscard]] std::string path_of(const char* name) const { return path_in(asked_.directory, name); }

  void secrets() {
    if (passfile_of(asked_).empty())
      add("the passwords of this host's logins", path_of(passfile) + ", behind the last colons", {});
    add(fmt::format("the password of role {}, with which the servers log in to each other", asked_.user),
        path_of(replication_secret) + ", as its only line", {});
    if (found_.source.asks_password || found_.target.asks_password)
      add(fmt::format("the password of {} for Patroni's REST interface (restapi.authentication)", asked_.user),
          path_of(rest_secret) + ", as its only line; another user: `username` in " + path_of(environment_file), {});
  }

  void console(const BouncerFound& bouncer) {
    const auto place = fmt::format("{} of the PgBouncer at {}", bouncer.config, bouncer.at.text());
    if (!names(bouncer.admin_users, asked_.admin()))
      add(fmt::format("{} may not pause or reload", asked_.admin()), place + ", then RELOAD",
          {fmt::format("admin_users = {}{}{}", bouncer.admin_users, bouncer.admin_users.empty() ? "" : ", ",
                       asked_.admin())});
    if (!bouncer.config.starts_with('/'))
      add(fmt::format("the whole path of {}: PgBouncer was started with a relative name", bouncer.config),
          fmt::format("`config` of {} in {}", bouncer.name, path_of(environment_file)), {});
    if (!is_here(bouncer.at.host))
      add(fmt::format("a shell on {} that asks for no password, as a user who may replace {}", bouncer.at.host,
                      bouncer.config),
          fmt::format("ssh; or another command as `shell` of {} in {}", bouncer.name, path_of(environment_file)), {});
  }

  // What it holds is lost when it becomes a standby, and may be what clients have written since an earlier split. So no
  // line is printed that would make it one.
  void of_its_own() {
    const auto label = found_.target.label();
    add(fmt::format("{} follows no other cluster: it is a primary of its own{}", label, tables_of_target()),
        fmt::format("leave it if anybody needs what it holds, or if it serves since an earlier split: as a standby of "
                    "{} it would lose all of it. If it is new and empty: `standby_cluster` in docs/operating.md",
                    found_.source.label()),
        {});
  }

  // "" where they can't be counted.
  std::string tables_of_target() {
    const auto leader = world_.target.leader(deadline_);
    if (!leader) return "";
    const auto rows = (*leader)->query(
        "SELECT count(*) AS tables FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
        {}, deadline_);
    if (!rows) return "";
    return fmt::format(", with {} tables in database {}", rows->number(0, "tables"), found_.pools.database);
  }

  // Servers of `from` log in to `to`.
  void logins(world::Side& side, const ClusterFound& to, const ClusterFound& from) {
    const auto leader = side.leader(deadline_);
    if (!leader) return;
    std::vector<std::string> lines;
    for (const auto& member : from.view.members) {
      const auto& database = found_.pools.database;
      const auto answer = postgres::hba_answer(**leader, database, asked_.user, member.host, deadline_);
      if (!answer || answer->verdict != postgres::HbaVerdict::refused) continue;
      const bool six = member.host.find(':') != std::string::npos;
      auto line = fmt::format("host {} {} {}/{} scram-sha-256", database, asked_.user, member.host, six ? 128 : 32);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
    }
    if (!lines.empty())
      add(fmt::format("servers of {} may not log in to {}", from.label(), to.label()),
          fmt::format("pg_hba.conf of all members of {} (Patroni: postgresql.pg_hba)", to.label()), std::move(lines));
  }

  const Asked& asked_;
  const Found& found_;
  world::World& world_;
  Deadline deadline_;
  std::vector<Missing> all_;
};

}  // namespace

std::vector<Missing> missing_in(const Asked& asked, const Found& found, world::World& world, Deadline deadline) {
  return MissingParts(asked, found, world, deadline).run();
}

Json json_of(const Missing& missing) {
  return {{"what", missing.what}, {"where", missing.where}, {"lines", missing.lines}};
}

}  // namespace pgcleave::init

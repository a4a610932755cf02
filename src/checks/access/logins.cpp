#include <future>

#include "base/address.h"
#include "base/format.h"
#include "checks/access/access.h"
#include "checks/access/members.h"
#include "config/connection_keys.h"
#include "pgbouncer/inspection.h"
#include "postgres/hba.h"
#include "postgres/link_trial.h"
#include "world/route_answer.h"
#include "world/serving.h"

namespace pgcleave::checks {
namespace {

constexpr auto time_for_one = std::chrono::seconds(3);
constexpr const char* this_machine = "this machine";

Deadline for_one(CheckContext& context) {
  return context.deadline().or_earlier(Deadline::in(time_for_one));
}

std::string value_in(const std::map<std::string, std::string>& values, const char* key) {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second;
}

std::string psql(const std::map<std::string, std::string>& values) {
  std::string out = "psql \"";
  for (const char* key : {"host", "port", "dbname", "user", "sslmode", "sslrootcert"}) {
    if (const auto value = value_in(values, key); !value.empty())
      out += fmt::format("{}{}={}", out.back() == '"' ? "" : " ", key, value);
  }
  return out + "\"";
}

std::string asked_tls(const std::map<std::string, std::string>& values) {
  const auto mode = value_in(values, "sslmode");
  return mode.empty() ? "prefer" : mode;
}

// What the session has.
std::string seen_tls(postgres::Connection& connection, Deadline deadline) {
  const auto rows = connection.query(
      "SELECT CASE WHEN ssl THEN version ELSE 'none' END AS tls FROM pg_catalog.pg_stat_ssl WHERE pid = "
      "pg_catalog.pg_backend_pid()",
      {}, deadline);
  return rows && !rows->empty() ? rows->text(0, "tls") : "";
}

struct SideSeen {
  world::Side* side = nullptr;
  postgres::Connection* leader = nullptr;  // null: nobody let us in
  bool in_recovery = false;
};

class Logins {
 public:
  explicit Logins(CheckContext& context) : context_(context), world_(context.world()) {}

  std::vector<Login> run() {
    auto inspected = std::async(std::launch::async, [&] { return world_.fleet.inspect(for_one(context_)); });
    const auto source = own(world_.source);
    const auto target = own(world_.target);
    rest(source);
    rest(target);
    link(source, target);
    link(target, source);
    const auto bouncers = inspected.get();
    through_bouncers(bouncers);
    as_bouncers(bouncers, source, target);
    for (auto& login : try_member_logins(context_)) all_.push_back(std::move(login));
    return std::move(all_);
  }

 private:
  SideSeen own(world::Side& side) {
    SideSeen seen{&side};
    Login login{"own_login", this_machine, side.label(), value_in(side.access().postgres.values, "user")};
    login.tls = asked_tls(side.access().postgres.values);
    login.why = "every step asks this side's leader";
    login.fix = fmt::format("correct postgres of the {} in the environment file, and pg_hba.conf there", side.name());
    auto leader = side.leader(for_one(context_));
    if (leader) {
      seen.leader = *leader;
      login.result = LoginResult::works;
      login.tls = seen_tls(**leader, for_one(context_));
      const auto rows = (*leader)->query("SELECT pg_catalog.pg_is_in_recovery() AS standby", {}, for_one(context_));
      seen.in_recovery = rows && rows->boolean(0, "standby");
    } else {
      note(login, leader.error());
    }
    all_.push_back(std::move(login));
    return seen;
  }

  // A key that is not there is taken away: nothing changes, and only who may write is answered with 200.
  void rest(const SideSeen& seen) {
    auto& side = *seen.side;
    const auto& access = side.access().patroni;
    Login login{"rest_write", this_machine, "Patroni of " + side.label(),
                access.username.empty() ? "nobody" : access.username};
    login.tls = access.members.empty() || !access.members.front().starts_with("https") ? "none" : "https";
    login.query = fmt::format("curl -u {} -X PATCH -d '{{\"pgcleave_try\": null}}' {}/config", login.as,
                              access.members.empty() ? "" : access.members.front());
    login.why = "slots are kept and the target is promoted by writing to Patroni's configuration";
    login.fix =
        fmt::format("correct patroni.username and patroni.password of the {} in the environment file", side.name());
    const auto tried = side.patroni().patch_config({{"pgcleave_try", nullptr}}, for_one(context_));
    login.result = LoginResult::works;
    if (!tried) note(login, tried.error());
    all_.push_back(std::move(login));
  }

  // Empty where the leader's address is the route, and nobody tells it: the login says so.
  pgbouncer::Route route_of(const SideSeen& seen) {
    return world_.route_to(seen.side->side_name(), for_one(context_)).value_or(pgbouncer::Route{});
  }

  // The subscription on `to`, which logs in to `from`.
  void link(const SideSeen& to, const SideSeen& from) {
    const auto& values = from.side->access().replication.values;
    Login login{"link_login", to.side->label() + "'s server", from.side->label(), value_in(values, "user")};
    login.tls = asked_tls(values);
    login.opens_later = from.in_recovery;
    login.why = "the subscription there could not be made, and rows would not come over";
    login.fix =
        fmt::format("let {} log in from {}'s servers in pg_hba.conf of {}, and see to the passfile on those servers",
                    login.as, to.side->label(), from.side->label());
    if (to.leader == nullptr) {
      login.said = "its leader can't be asked";
    } else if (to.in_recovery) {
      standby_link(to, from, login);
      return;
    } else {
      const auto name = fmt::format("pgcleave_try_{}", world_.split.name);
      const auto conninfo = from.side->replication_conninfo(for_one(context_));
      const auto tried =
          conninfo ? postgres::try_subscription(*to.leader,
                                                {name, name, "", *conninfo, from.side->access().replication.password},
                                                for_one(context_))
                   : fail(conninfo.error());
      login.result = LoginResult::works;
      if (!tried) note(login, tried.error());
      if (login.result == LoginResult::not_tried) login.result = LoginResult::refused;  // that server knows no password
    }
    all_.push_back(std::move(login));
  }

  // A standby can't make a subscription: the other side's pg_hba.conf is read for each of its members.
  void standby_link(const SideSeen& to, const SideSeen& from, const Login& model) {
    const auto view = to.side->patroni().view(for_one(context_));
    if (!view || from.leader == nullptr) return;
    const auto& values = from.side->access().replication.values;
    const auto dbname = value_in(values, "dbname");
    const auto host = value_in(values, "host").empty() ? route_of(from).host : value_in(values, "host");
    for (const auto& member : view->members) {
      auto login = model;
      login.id = "link_hba";
      login.from = fmt::format("member {} of {}", member.name, to.side->label());
      login.query = "SELECT * FROM pg_hba_file_rules";
      const auto answer = postgres::hba_answer(
          *from.leader, dbname.empty() ? value_in(from.side->access().postgres.values, "dbname") : dbname, login.as,
          config::is_loopback(host) ? host : member.host, for_one(context_));
      login.said = answer ? answer->text : answer.error().text();
      if (answer && answer->verdict == postgres::HbaVerdict::refused) login.result = LoginResult::refused;
      if (login.result == LoginResult::not_tried) login.said = "a standby makes no subscription; " + login.said;
      all_.push_back(std::move(login));
    }
  }

  // As the probe, to the pool as it is now.
  void through_bouncers(const std::vector<pgbouncer::Inspection>& bouncers) {
    std::vector<postgres::Settings> settings;
    std::vector<std::size_t> at;
    for (const auto& probe : world::probes(world_.environment)) {
      Login login{"probe_login", this_machine, "bouncer " + probe.name, value_in(probe.values, "user")};
      login.tls = asked_tls(probe.values);
      login.query = psql(probe.values);
      login.why = "what is written through a bouncer proves where clients land, and how long they wait";
      login.fix = "correct user and passfile of the pool's probe in the environment file";
      for (const auto& bouncer : bouncers) {
        if (bouncer.name != probe.name) continue;
        if (!bouncer.error.empty()) login.said = "the bouncer can't be looked at";
        if (bouncer.database && bouncer.database->paused) login.said = "the pool is paused";
      }
      if (login.said.empty()) {
        settings.push_back(probe);
        at.push_back(all_.size());
      }
      all_.push_back(std::move(login));
    }
    const auto connections = postgres::Connection::open_all(settings, for_one(context_));
    for (std::size_t i = 0; i < connections.size(); ++i) note_outcome(all_[at[i]], connections[i]);
  }

  static void note_outcome(Login& login, const Result<postgres::Connection>& connection) {
    login.result = LoginResult::works;
    if (!connection) note(login, connection.error());
  }

  // To where a bouncer would be sent, from here with its TLS settings. A run tries it through the bouncer itself.
  void as_bouncers(const std::vector<pgbouncer::Inspection>& bouncers, const SideSeen& source, const SideSeen& target) {
    std::vector<postgres::Settings> settings;
    std::vector<std::size_t> at;
    for (const auto& pool : world_.environment.pools) {
      for (const auto& access : pool.bouncers) {
        for (const auto& bouncer : bouncers) {
          if (bouncer.name != access.name || !bouncer.error.empty() || !bouncer.database) continue;
          const auto here = route_of(source);
          const bool at_source = bouncer.database->host == here.host && bouncer.database->port == here.port;
          settings.push_back(as_bouncer(pool, access, bouncer, at_source ? target : source));
          at.push_back(all_.size() - 1);
        }
      }
    }
    auto connections = postgres::Connection::open_all(settings, for_one(context_));
    for (std::size_t i = 0; i < connections.size(); ++i) {
      auto& login = all_[at[i]];
      note_outcome(login, connections[i]);
      if (connections[i]) login.tls = seen_tls(*connections[i], for_one(context_));
      if (!login.elsewhere || connections[i]) continue;
      login.result = LoginResult::not_tried;
      login.said = "from this machine, in the bouncer's place: " + login.said;
    }
  }

  // Adds the login, not tried yet.
  postgres::Settings as_bouncer(const config::Pool& pool, const config::BouncerAccess& access,
                                const pgbouncer::Inspection& bouncer, const SideSeen& there) {
    std::map<std::string, std::string> server_tls;
    for (const auto& [key, setting] : bouncer.settings) {
      if (key.starts_with("server_tls_")) server_tls[key] = setting.value;
    }
    const auto route = route_of(there);
    const auto database = bouncer.database->database.empty() ? pool.database : bouncer.database->database;
    const world::ServerLogin how{database, world::tls_keywords(server_tls, access.shell.empty()), {access.name}};
    auto settings = world::settings_of(how, pool, *there.side, route.host, route.port);
    const bool elsewhere = !access.shell.empty() || config::cannot_be_seen_from_here(access, route.host);
    Login login{"bouncer_login", fmt::format("bouncer {}{}", access.name, elsewhere ? ", elsewhere" : ""),
                fmt::format("{} by {}", there.side->label(), address_text(route.host, route.port)),
                value_in(settings.values, "user")};
    login.tls = asked_tls(settings.values);
    login.opens_later = there.in_recovery;
    login.elsewhere = elsewhere;
    login.query = psql(settings.values);
    login.why = "clients would be sent there, and PgBouncer could not log in";
    login.fix =
        "correct route in the environment file, the server's certificate, server_tls_* of the bouncer, or pg_hba.conf "
        "there";
    all_.push_back(std::move(login));
    return settings;
  }

  CheckContext& context_;
  world::World& world_;
  std::vector<Login> all_;
};

}  // namespace

Result<std::vector<Login>> try_logins(CheckContext& context) {
  return Logins(context).run();
}

}  // namespace pgcleave::checks

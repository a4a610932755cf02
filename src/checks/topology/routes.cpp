#include "checks/topology/routes.h"

#include <algorithm>
#include <set>

#include "base/address.h"
#include "base/format.h"
#include "checks/finding.h"
#include "postgres/connection.h"

namespace pgcleave::checks {
namespace {

class RouteJudge : Judging {
 public:
  explicit RouteJudge(const RouteSeen& seen) : Judging("topology"), seen_(seen) {}

  Findings run() {
    inspect_route();
    for (const auto& user : seen_.pool_users) inspect_user(user, true);
    for (const auto& user : seen_.known_users) {
      const auto& come = seen_.pool_users;
      if (std::find(come.begin(), come.end(), user) == come.end()) inspect_user(user, false);
    }
    verifiers_not_seen();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string route() const {
    return fmt::format("route {} to {}", address_text(seen_.route.host, seen_.route.port), seen_.label);
  }
  [[nodiscard]] std::string psql(const std::string& user) const {
    return fmt::format("psql \"host={} port={} dbname={} user={}\"", seen_.route.host, seen_.route.port, seen_.database,
                       user);
  }

  void inspect_route() {
    const auto query = psql("USER") + " -c 'SHOW cluster_name'";
    if (!seen_.from_here) {
      add("new_route_not_seen", Severity::note, route(),
          "it is an address of each bouncer's own machine, and that is not this one", query,
          "what answers there was not looked at",
          "none is needed: a run tries it through each bouncer before it changes anything");
      return;
    }
    if (!seen_.unanswered.empty()) {
      // A proxy whose primary is still to come takes the connection and closes it. Where nobody listens no promotion
      // helps.
      const bool may_open =
          seen_.in_recovery && seen_.unanswered.find("closed the connection unexpectedly") != std::string::npos;
      add("new_route_closed", may_open ? Severity::warning : Severity::blocker, route(), seen_.unanswered, query,
          may_open
              ? "clients will be sent there; a proxy that opens only for a primary looks like this before the promotion"
              : "clients will be sent there, and nobody would answer them",
          may_open ? "see that the proxy opens it for a primary; a run looks again before it takes ownership"
                   : "correct route in the environment file, or let this machine and the bouncers through");
    } else if (!seen_.refused.empty()) {
      add("new_route_refuses", Severity::blocker, route(), seen_.refused, query, "clients will be sent there",
          "look at pg_hba.conf there");
    } else if (seen_.cluster_name != seen_.scope) {
      add("new_route_leads_elsewhere", Severity::blocker, route(),
          fmt::format("cluster_name there is {}, not {}", seen_.cluster_name, seen_.scope), query,
          "clients would be sent to another cluster", "correct route in the environment file");
    } else if (!seen_.leader_started.empty() && seen_.started != seen_.leader_started) {
      add("new_route_leads_to_replica", Severity::blocker, route(),
          fmt::format("its server started at {}, the leader at {}: it is another member", seen_.started,
                      seen_.leader_started),
          query, "after the promotion a replica refuses writes",
          "correct route in the environment file: it must follow the leader");
    }
  }

  void inspect_user(const std::string& user, bool comes) {
    const auto here = seen_.here.find(user);
    const auto there = seen_.there.find(user);
    const bool roles_known = !seen_.here.empty() && !seen_.there.empty();
    const auto object = fmt::format("user {} on {}", user, seen_.label);
    const auto query = fmt::format("SELECT rolcanlogin, rolvaliduntil FROM pg_roles WHERE rolname = {}",
                                   postgres::quote_literal(user));
    const auto name = postgres::quote_identifier(user);
    if (roles_known && there == seen_.there.end()) {
      if (here == seen_.here.end() && !comes) return;
      add("user_missing", here == seen_.here.end() ? Severity::warning : Severity::blocker, object,
          fmt::format("no such role there; on {} {}", seen_.serving, here == seen_.here.end() ? "neither" : "there is"),
          query, "it comes through the bouncers, and would be refused after the window",
          "CREATE ROLE " + name + " LOGIN, with the same verifier");
      return;
    }
    const bool could_log_in = here == seen_.here.end() || here->second.may_log_in;
    if (!comes && (!could_log_in || here == seen_.here.end())) return;
    if (roles_known && inspect_role(user, object, query)) return;
    const auto login = seen_.logins.find(user);
    if (login == seen_.logins.end() || !login->second.tried || !login->second.answered || login->second.refused.empty())
      return;
    add("user_refused", Severity::blocker, object, login->second.refused, psql(user),
        "PgBouncer fails every waiting client of a user whose login is refused",
        "look at pg_hba.conf there, and at the user's password");
  }

  // True when something was found.
  bool inspect_role(const std::string& user, const std::string& object, const std::string& query) {
    const auto& there = seen_.there.at(user);
    const auto name = postgres::quote_identifier(user);
    const auto* const why = "PgBouncer fails every waiting client of a user whose login is refused";
    if (!there.may_log_in || there.expired) {
      add("user_may_not_log_in", Severity::blocker, object,
          there.may_log_in ? "VALID UNTIL has passed" : "rolcanlogin is false", query, why,
          there.may_log_in ? fmt::format("ALTER ROLE {} VALID UNTIL 'infinity'", name)
                           : fmt::format("ALTER ROLE {} LOGIN", name));
      return true;
    }
    if (!there.may_connect) {
      add("user_may_not_connect", Severity::blocker, object, "it lacks CONNECT on database " + seen_.database,
          fmt::format("SELECT has_database_privilege({}, {}, 'CONNECT')", postgres::quote_literal(user),
                      postgres::quote_literal(seen_.database)),
          why, fmt::format("GRANT CONNECT ON DATABASE {} TO {}", postgres::quote_identifier(seen_.database), name));
      return true;
    }
    const auto here = seen_.here.find(user);
    if (here == seen_.here.end()) return false;
    if (!here->second.verifier || !there.verifier) {
      unseen_verifiers_.push_back(user);
      return false;
    }
    if (here->second.verifier == there.verifier) return false;
    add("user_verifier_differs", Severity::blocker, object,
        there.verifier->empty() ? "no verifier is stored there"
                                : "another verifier is stored there than on " + seen_.serving,
        fmt::format("SELECT md5(rolpassword) FROM pg_authid WHERE rolname = {}", postgres::quote_literal(user)),
        "a bouncer that passes SCRAM through, or knows the old password, is refused there",
        fmt::format("set rolpassword there to what {} has", seen_.serving));
    return true;
  }

  // A standby has its upstream's.
  void verifiers_not_seen() {
    if (unseen_verifiers_.empty() || seen_.in_recovery) return;
    add("user_verifiers_not_seen", Severity::note, "the pool's users on " + seen_.label,
        fmt::format(
            "whether the same verifiers are stored there as on {} was not compared for {}: the role of pgcleave "
            "may not read pg_authid",
            seen_.serving, fmt::join(unseen_verifiers_, ", ")),
        "SELECT rolname, md5(rolpassword) FROM pg_authid",
        "a bouncer that passes SCRAM through is refused where another one is stored",
        "have a superuser run this on both sides, and compare");
  }

  const RouteSeen& seen_;
  std::vector<std::string> unseen_verifiers_;
};

}  // namespace

Findings judge_route(const RouteSeen& seen) {
  return RouteJudge(seen).run();
}

}  // namespace pgcleave::checks

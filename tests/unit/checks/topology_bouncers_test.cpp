#include <catch2/catch.hpp>

#include "base/format.h"
#include "checks/topology/bouncers.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

const std::string a_file =
    "[databases]\napp = host=10.0.0.1 port=5432 dbname=app\n[pgbouncer]\npool_mode = transaction\nlog_stats = off\n";

pgbouncer::ConfigFile file(const std::string& text) {
  return pgbouncer::ConfigFile::parse("b.ini", text).value();
}

pgbouncer::Inspection a_bouncer() {
  pgbouncer::Inspection bouncer;
  bouncer.name = "b";
  bouncer.version = "PgBouncer 1.18.0";
  bouncer.address = "10.0.0.9:6432";
  bouncer.console_user = "admin";
  bouncer.settings = {{"admin_users", {"root, admin", "", true}},
                      {"query_wait_timeout", {"120", "120", true}},
                      {"query_timeout", {"0", "0", true}},
                      {"client_login_timeout", {"60", "60", true}},
                      {"server_login_retry", {"15", "15", true}},
                      {"max_client_conn", {"100", "100", true}},
                      {"pool_mode", {"transaction", "session", true}},
                      {"log_stats", {"0", "1", true}},
                      {"listen_port", {"7000", "6432", false}}};
  bouncer.settings.erase("admin_users");
  bouncer.settings["admin_users"] = {"root, admin", "", true};
  bouncer.database_name = "app";
  bouncer.database = pgbouncer::Database{"app", "10.0.0.1", 5432, "app", "", "transaction"};
  bouncer.path = "b.ini";
  bouncer.config = file(a_file);
  return bouncer;
}

Lines judged(const pgbouncer::Inspection& bouncer, Duration budget = std::chrono::seconds(5)) {
  Lines out;
  for (const auto& finding : judge_bouncers({{bouncer}, {"10.0.0.1", 5432}, "source main", budget})) {
    CHECK(finding.object == "bouncer b at 10.0.0.9:6432");
    CHECK_FALSE(finding.evidence.empty());
    out.push_back(std::string(name_of(finding.severity)) + " " +
                  finding.id.substr(std::string("topology.bouncer_").size()));
  }
  return out;
}

}  // namespace

TEST_CASE("of a bouncer with nothing wrong there is nothing to say") {
  CHECK(judged(a_bouncer()).empty());
}

TEST_CASE("a bouncer that can't be looked at is one finding, and one that is counted twice another") {
  auto bouncer = a_bouncer();
  bouncer.error = "refused";
  CHECK(judged(bouncer) == Lines{"blocker unreachable"});
  bouncer.distinct = false;
  CHECK(judged(bouncer) == Lines{"blocker not_distinct"});
}

TEST_CASE("the console's user has to be an admin, by name, by the socket or by auth_type any") {
  auto bouncer = a_bouncer();
  bouncer.console_user = "adm";
  CHECK(judged(bouncer) == Lines{"blocker no_admin"});
  bouncer.settings["auth_type"] = {"any", "md5", false};
  CHECK(judged(bouncer).empty());
  bouncer.settings.erase("auth_type");
  bouncer.console_user = "pgbouncer";
  CHECK(judged(bouncer) == Lines{"blocker no_admin"});
}

TEST_CASE("timeouts are measured against the budget, and no bound is not a short one") {
  auto bouncer = a_bouncer();
  bouncer.settings["query_wait_timeout"].value = "5";
  bouncer.settings["query_timeout"].value = "4.5";
  bouncer.settings["client_login_timeout"].value = "3";
  bouncer.config = file(a_file + "query_wait_timeout = 5\nquery_timeout = 4.5\nclient_login_timeout = 3\n");
  CHECK(judged(bouncer) ==
        Lines{"blocker query_wait_timeout", "blocker query_timeout", "warning client_login_timeout"});
  CHECK(judged(bouncer, std::chrono::milliseconds(4999)) ==
        Lines{"blocker query_timeout", "warning client_login_timeout"});
  CHECK(judged(bouncer, std::chrono::seconds(2)).empty());
  bouncer = a_bouncer();
  bouncer.settings["query_wait_timeout"].value = "0";
  bouncer.settings["server_login_retry"].value = "61";
  bouncer.clients = 81;
  bouncer.config = file(a_file + "query_wait_timeout = 0\nserver_login_retry = 61\n");
  CHECK(judged(bouncer) == Lines{"warning waits_for_ever", "warning server_login_retry", "warning clients_near_limit"});
}

TEST_CASE("a pool that can't be paused, is paused, or points elsewhere is named") {
  auto bouncer = a_bouncer();
  bouncer.database->pool_mode = "session";
  bouncer.database->paused = bouncer.database->disabled = true;
  bouncer.database->port = 5433;
  CHECK(judged(bouncer) ==
        Lines{"blocker pools_by_session", "blocker paused", "blocker disabled", "blocker route_that_runs"});
  bouncer = a_bouncer();
  bouncer.database.reset();
  CHECK(judged(bouncer) == Lines{"blocker serves_no_pool"});
}

TEST_CASE("a pool that leads to another database than the one that is split is named") {
  const auto found = [](const std::string& database) {
    Lines ids;
    for (const auto& finding :
         judge_bouncers({{a_bouncer()}, {"10.0.0.1", 5432}, "source main", std::chrono::seconds(5), database})) {
      ids.push_back(std::string(name_of(finding.severity)) + " " + finding.id + ": " + finding.evidence);
    }
    return ids;
  };
  CHECK(found("app").empty());
  CHECK(found("").empty());
  CHECK(found("other") == Lines{"blocker topology.bouncer_other_database: app leads to database app, other is split"});
}

TEST_CASE("a pool size on the pool's own line is noted, since its clients can't be held while it is repointed") {
  auto bouncer = a_bouncer();
  auto text = a_file;
  bouncer.config = file(text.replace(text.find("dbname=app"), 0, "pool_size=20 "));
  CHECK(judged(bouncer) == Lines{"note own_pool_size"});
  bouncer.version = "PgBouncer 1.24.1";
  CHECK(judged(bouncer) == Lines{});
}

TEST_CASE("a version that is not known to hold clients is noted") {
  auto bouncer = a_bouncer();
  bouncer.version = "PgBouncer 2.0.0";
  CHECK(judged(bouncer) == Lines{"note cant_hold"});
  bouncer.version = "PgBouncer 1.24.1";
  CHECK(judged(bouncer) == Lines{});
}

TEST_CASE("a process that somebody paused as a whole is a blocker, as a paused pool is") {
  auto bouncer = a_bouncer();
  bouncer.process_paused = true;
  CHECK(judged(bouncer) == Lines{"blocker paused"});
  bouncer.database->paused = true;
  CHECK(judged(bouncer) == Lines{"blocker paused"});
}

TEST_CASE("a host that is a name is a warning, an address of either kind and a socket are not") {
  for (const auto* host : {"db.example", "fe80::1", "/run/postgresql", "10.0.0.1"}) {
    auto bouncer = a_bouncer();
    bouncer.database->host = host;
    bouncer.config = file(fmt::format(
        "[databases]\napp = host={} port=5432 dbname=app\n[pgbouncer]\npool_mode = transaction\nlog_stats = off\n",
        host));
    const auto found = judge_bouncers({{bouncer}, {host, 5432}, "source main", std::chrono::seconds(5)});
    CHECK(lines(found).size() == (std::string(host) == "db.example" ? 2 : 0));
  }
}

TEST_CASE("a file that can't be changed, is not the one that is read, or says something else is named") {
  auto bouncer = a_bouncer();
  bouncer.same_file = false;
  bouncer.why_unwritable = "folder /etc: Permission denied";
  bouncer.config =
      file("[databases]\napp = host=10.0.0.2 dbname=other\n[pgbouncer]\npool_mode = transaction\nlog_stats = off\n");
  CHECK(judged(bouncer) == Lines{"blocker reads_another_file", "blocker file_not_writable", "blocker route_in_file",
                                 "blocker dbname_in_file"});
  bouncer = a_bouncer();
  bouncer.config.reset();
  bouncer.file_error = "no such file";
  CHECK(judged(bouncer) == Lines{"blocker file_unreadable"});
  bouncer = a_bouncer();
  bouncer.config = file("[databases]\n* = host=10.0.0.1\n[pgbouncer]\npool_mode = transaction\nlog_stats = off\n");
  CHECK(judged(bouncer) == Lines{"blocker file_unreadable"});
}

TEST_CASE("what RELOAD would change besides the route is named, whichever way it is written") {
  auto bouncer = a_bouncer();
  CHECK(reload_would_change(bouncer).empty());
  bouncer.settings["server_login_retry"].value = "0";
  bouncer.settings["log_stats"].value = "1";
  CHECK(reload_would_change(bouncer) ==
        Lines{"log_stats: off in the file, 1 runs", "server_login_retry: not in the file (default 15), 0 runs"});
  CHECK(judged(bouncer) == Lines{"warning reload_would_change"});
  bouncer.config = pgbouncer::ConfigFile::parse("b.ini", a_file + "%include other.ini\n", [](const std::string&) {
                     return "server_login_retry = 0\n";
                   }).value();
  CHECK(reload_would_change(bouncer) == Lines{"log_stats: off in the file, 1 runs"});
  bouncer.config = file(a_file + "server_login_retry = 0.0\nlog_stats = yes\nlisten_port = 1\n");
  CHECK(reload_would_change(bouncer).empty());
}

TEST_CASE("an entry in an included file is told, and where it stands") {
  auto bouncer = a_bouncer();
  const std::string main_file =
      "[databases]\napp = host=10.0.0.1 port=5432 dbname=app\n%include local.txt\n[pgbouncer]\npool_mode = "
      "transaction\nlog_stats = off\n";
  bouncer.config = pgbouncer::ConfigFile::parse("b.ini", main_file, [](const std::string&) {
                     return "app = host=10.0.0.1 port=5432 dbname=app\n";
                   }).value();
  CHECK(judged(bouncer) == Lines{"note entry_in_include", "warning entry_twice"});
  bouncer.config =
      pgbouncer::ConfigFile::parse("b.ini",
                                   "[databases]\n%include local.txt\n%include local.txt\n[pgbouncer]\npool_mode = "
                                   "transaction\nlog_stats = off\n",
                                   [](const std::string&) { return "app = host=10.0.0.1 port=5432 dbname=app\n"; })
          .value();
  CHECK(judged(bouncer) == Lines{"note entry_in_include"});
}

TEST_CASE("a host that is none is told as such") {
  for (const auto* host : {"[::1]", "10.0.0.1,10.0.0.2", "10.0.0.1\tport=55432"}) {
    auto bouncer = a_bouncer();
    bouncer.database->host = host;
    CHECK(judged(bouncer) == Lines{"blocker route_that_runs", "blocker host_is_none"});
  }
}

TEST_CASE("a setting that another header puts back to its default is judged by that") {
  auto bouncer = a_bouncer();
  bouncer.config = file(a_file + "[pgbouncer]\nlog_stats = off\n");
  CHECK(judged(bouncer) == Lines{"warning reload_would_change"});
  bouncer.settings["pool_mode"].value = "session";
  bouncer.config = file(a_file + "[pgbouncer]\nlog_stats = off\n");
  CHECK(judged(bouncer).empty());
}

#include "config/environment.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runbook/a_vocabulary.h"

using namespace pgcleave::runbook;
using namespace pgcleave;
using namespace pgcleave::config;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/pgcleave-environment-XXXXXX";
    path = ::mkdtemp(name);
    std::ofstream(path + "/passfile") << "*:*:*:*:x\n";
    std::ofstream(path + "/secret") << "hunter2\n";
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

const std::string good_environment = R"(environment: 1
name: lab
class: staging
split: split.yml
source:
  scope: main
  patroni: {members: ["http://127.0.0.1:8001/", "http://127.0.0.1:8002"], username: admin, password: "${file:secret}"}
  postgres: {dbname: app, user: pgcleave, passfile: passfile, sslmode: require}
  route: {host: 127.0.0.1, port: 5001}
  replication: {user: pgcleave, passfile: /elsewhere/passfile, host: 10.0.0.1}
target:
  scope: ci
  patroni: {members: ["http://127.0.0.1:8003"]}
  postgres: {dbname: app, user: pgcleave, passfile: passfile}
  route: {host: 127.0.0.1, port: 5002}
  replication: {user: pgcleave}
pools:
  - database: app
    bouncers:
      - {name: bouncer-1, console: {host: 127.0.0.1, port: 6001, user: admin, passfile: passfile}, )"
                                     R"(config: b1.ini, shell: local}
      - {name: bouncer-2, console: {host: 127.0.0.1, port: 6002, user: admin}, config: /etc/b2.ini, shell: [ssh, b2]}
)";

// The good file after one replacement.
Read<Environment> read_after(const Folder& folder, const std::string& old, const std::string& fresh) {
  auto text = good_environment;
  REQUIRE(text.find(old) != std::string::npos);
  text.replace(text.find(old), old.size(), fresh);
  return config::read_environment(folder.path + "/e.yml", text);
}

// Its problems, without the folder's name.
Texts after(const std::string& old, const std::string& fresh) {
  Folder folder;
  const auto read = read_after(folder, old, fresh);
  CHECK(read.value.has_value() == read.problems.empty());
  auto found = texts(read.problems);
  for (auto& each : found) {
    for (auto at = each.find(folder.path + "/"); at != std::string::npos; at = each.find(folder.path + "/"))
      each.erase(at, folder.path.size() + 1);
    CHECK(each.find("hunter2") == std::string::npos);
  }
  return found;
}

}  // namespace

TEST_CASE("limits of jobs are read, and what is no limit or no size has its position") {
  Folder folder;
  const auto with = [&](const std::string& map) {
    return config::read_environment(folder.path + "/e.yml", good_environment + std::string("limits: ") + map + "\n");
  };
  const auto read = with("{replica_lag: 16MiB, wal_rate: 0B}");
  REQUIRE(read.value);
  CHECK(read.value->limits == std::map<std::string, Bytes>{{"replica_lag", Bytes{16 << 20}}, {"wal_rate", Bytes{0}}});
  const auto problem = [&](const std::string& map) { return texts(with(map).problems).at(0); };
  CHECK(problem("{replica_lga: 16MiB}").find("unknown key 'replica_lga' in limits") != std::string::npos);
  CHECK(problem("{replica_lag: much}").find("e.yml:22:23: ") != std::string::npos);
  CHECK_FALSE(read.value->hours);
  CHECK(with("{hours: \"22:00-06:00 Europe/Kyiv\"}").value->hours->text() == "22:00-06:00 Europe/Kyiv");
  CHECK(problem("{hours: \"at night\"}").find("e.yml:22:17: 'at night' are no hours of a day") != std::string::npos);
}

TEST_CASE("the earlier name of shell is read, and a note says what to write") {
  Folder folder;
  auto text = std::string(good_environment);
  const auto at = text.find("shell: [ssh, b2]");
  const auto read = config::read_environment(folder.path + "/e.yml", text.replace(at, 5, "reach"));
  REQUIRE(read.value);
  CHECK(read.value->pools.at(0).bouncers.at(1).shell == Texts{"ssh", "b2"});
  REQUIRE(read.value->notes.size() == 1);
  CHECK(
      read.value->notes[0].text().ends_with("e.yml:21:101: bouncer 'bouncer-2': reach is called shell now\n  write "
                                            "shell:; the earlier name is still read"));
  CHECK(after("shell: [ssh, b2]", "shell: [ssh, b2], reach: local") ==
        Texts{"e.yml:21:119: reach is the earlier name of shell, and both are there\n  remove it"});
}

TEST_CASE("an environment is read, its paths made absolute against its folder and its secrets fetched") {
  Folder folder;
  const auto read = config::read_environment(folder.path + "/e.yml", good_environment);
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value);
  const auto& environment = *read.value;
  CHECK(environment.split == folder.path + "/split.yml");
  CHECK(environment.journal.empty());
  CHECK_FALSE(environment.production);
  CHECK(environment.source.patroni.members == Texts{"http://127.0.0.1:8001", "http://127.0.0.1:8002"});
  CHECK(environment.source.patroni.password.reveal() == "hunter2");
  CHECK(environment.source.postgres.values.at("passfile") == folder.path + "/passfile");
  CHECK(environment.source.replication.values.at("passfile") == "/elsewhere/passfile");
  CHECK(environment.target.route.port == 5002);
  CHECK(environment.pools.at(0).bouncers.at(0).config == folder.path + "/b1.ini");
  CHECK(environment.pools.at(0).bouncers.at(0).shell.empty());
  CHECK(environment.pools.at(0).bouncers.at(1).shell == Texts{"ssh", "b2"});
  CHECK(config::values_of(environment) == pgcleave::Json{{"name", "lab"},
                                                         {"class", "staging"},
                                                         {"source_scope", "main"},
                                                         {"target_scope", "ci"},
                                                         {"source_route", "127.0.0.1:5001"},
                                                         {"target_route", "127.0.0.1:5002"}});
}

TEST_CASE("a pool of several databases is read as a pool for each, whose bouncers go by the database too") {
  const Folder folder;
  const std::string single = "- database: app";
  const auto read = read_after(folder, single, "- databases: [app, app_ro]");
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value);
  const auto& pools = read.value->pools;
  REQUIRE(pools.size() == 2);
  CHECK(pools[0].database == "app");
  CHECK(pools[0].bouncers.at(1).name == "bouncer-2");
  CHECK(pools[1].database == "app_ro");
  CHECK(pools[1].bouncers.at(1).name == "bouncer-2.app_ro");
  CHECK(pools[1].bouncers.at(1).config == pools[0].bouncers.at(1).config);

  CHECK(after(single, "- databases: [app, app]") ==
        Texts{"e.yml:18:22: the database 'app' is given twice\n  the first is at e.yml:18:17"});
  CHECK(after(single, "- databases: []").at(0) == "e.yml:18:16: databases is empty");
  CHECK(after(single, "- databases: app").at(0) == "e.yml:18:16: databases must be a list, not text");
  CHECK(after(single, "- databases: [app, 'odd name']") ==
        Texts{"e.yml:18:22: bouncers of a further database can't be called 'bouncer-1.odd name'\n  give this database "
              "a pool of its own, whose bouncers have names of letters and digits"});
  CHECK(after(single, "- databases: [app]\n    database: app").at(0) ==
        "e.yml:18:5: a pool has database or databases\n  remove one of them");
}

TEST_CASE("a route may have several hosts, each once and without blanks") {
  CHECK(after("127.0.0.1, port: 5002", "\"10.0.0.1,10.0.0.2\", port: 5002").empty());
  for (const std::string wrong : {"10.0.0.1,", "10.0.0.1, 10.0.0.2", "10.0.0.1,10.0.0.1", ",10.0.0.1"}) {
    const auto found = after("127.0.0.1, port: 5002", '"' + wrong + "\", port: 5002");
    REQUIRE(found.size() == 1);
    CHECK(found.front().find("e.yml:15:17: '" + wrong + "' is no list of hosts") == 0);
  }
}

TEST_CASE("a route is an address, or the leader's own") {
  const Folder folder;
  const std::string fixed = "{host: 127.0.0.1, port: 5002}";
  const auto read = read_after(folder, fixed, "leader");
  REQUIRE(read.value);
  CHECK(read.value->target.route.leader);
  CHECK(read.value->target.route.host.empty());
  CHECK_FALSE(read.value->source.route.leader);
  CHECK(config::values_of(*read.value).at("target_route") == "leader");
  CHECK(after(fixed, "leeder") == Texts{"e.yml:15:10: route must be an address or leader, not 'leeder'\n  write route: "
                                        "{host: 10.0.0.1, port: 5432}, or route: leader"});
}

TEST_CASE("the password of an encrypted key is a reference, and not for the other side's catalog") {
  const Folder folder;
  const auto read = read_after(folder, "sslmode: require", "sslpassword: \"${file:secret}\"");
  REQUIRE(read.value);
  CHECK(read.value->source.postgres.key_password.reveal() == "hunter2");
  CHECK_FALSE(read.value->source.postgres.values.contains("sslpassword"));
  CHECK(after("user: pgcleave}", "user: pgcleave, sslpassword: \"${file:secret}\"}") ==
        Texts{"e.yml:16:33: sslpassword would be readable in the other side's catalog\n  give that server a key "
              "without a password, readable by its own user only"});
  CHECK(after("{user: pgcleave}", "{user: pgcleave, service: app}") ==
        Texts{"e.yml:16:33: a service is not looked up on the other side's server\n  write its keys here, and a "
              "passfile that is on that server"});
}

TEST_CASE("a password is a reference; a literal one is a problem that does not show it") {
  const std::string how = "\n  write password: \"${file:/path}\" or \"${env:NAME}\", or use a passfile";
  CHECK(after("\"${file:secret}\"", "hunter2") == Texts{"e.yml:7:102: a password is not written into this file" + how});
  CHECK(after("${file:secret}", "${hunter2}") == Texts{"e.yml:7:102: a password is not written into this file" + how});
  CHECK(after("\"${file:secret}\"", "[hunter2]") ==
        Texts{"e.yml:7:102: a password is not written into this file" + how});
  CHECK(after("{user: pgcleave}", "{user: pgcleave, password: hunter2}") ==
        Texts{"e.yml:16:43: a password is not written into this file" + how});
  CHECK(
      after("dbname: app", "dbname: \"dbname=app password=hunter2\"") ==
      Texts{"e.yml:8:22: dbname is a name, not a connection string\n  write host, port, user and the others as keys"});
  CHECK(after("sslmode: require", "options: -c PASSWORD=hunter2") ==
        Texts{"e.yml:8:72: options holds a password" + how});
  CHECK(after("http://127.0.0.1:8002", "http://a:hunter2@b:1") ==
        Texts{"e.yml:7:49: a member's address holds credentials\n  write username and password as keys of patroni"});
}

TEST_CASE("a secret or passfile that can't be had is a problem") {
  ::unsetenv("PGCLEAVE_TEST_SECRET");
  CHECK(after("${file:secret}", "${env:PGCLEAVE_TEST_SECRET}") ==
        Texts{"e.yml:7:102: the environment variable PGCLEAVE_TEST_SECRET is not set\n  export PGCLEAVE_TEST_SECRET"});
  CHECK(after("${file:secret}", "${file:nothing}") == Texts{"e.yml:7:102: the secret file nothing: the file can't be "
                                                            "read\n  the system says: No such file or directory"});
  CHECK(after("passfile: passfile,", "passfile: nothing,") ==
        Texts{"e.yml:8:53: passfile nothing can't be read: No such file or directory"});
  CHECK(after("passfile: /elsewhere/passfile", "passfile: elsewhere") ==
        Texts{"e.yml:10:43: passfile must be an absolute path, not 'elsewhere'\n  the file is read on the other side's "
              "server"});
}

TEST_CASE("two things that could be taken for one are problems") {
  CHECK(after("scope: ci", "scope: main") == Texts{"e.yml:12:10: source and target have the same scope 'main'\n  the "
                                                   "two clusters need different scopes: ownership is told by it"});
  CHECK(after("port: 5002", "port: 5001") == Texts{"e.yml:15:10: source and target have the same route "
                                                   "127.0.0.1:5001\n  the bouncers would stay where they are"});
  CHECK(after("8003", "8001") ==
        Texts{"e.yml:13:22: the address http://127.0.0.1:8001 is on both sides\n  a member belongs to one cluster"});
  CHECK(after("8002", "8001") ==
        Texts{"e.yml:7:49: the address http://127.0.0.1:8001 is used twice\n  each member has its own address"});
  CHECK(after("bouncer-2", "bouncer-1") ==
        Texts{"e.yml:21:16: the bouncer 'bouncer-1' is given twice\n  the first is at e.yml:20:16"});
  CHECK(after("6002", "6001") ==
        Texts{"e.yml:21:36: the console '127.0.0.1:6001' is given twice\n  the first is at e.yml:20:36"});
}

TEST_CASE("one process may serve two databases: its console stands in both pools, with the same file") {
  const std::string second = R"(
  - database: app_ro
    bouncers:
      - {name: bouncer-2-ro, console: {host: 127.0.0.1, port: 6002, user: admin}, config: /etc/b2.ini, shell: [ssh, b2]}
)";
  const auto with = [&](const std::string& more) { return after("shell: [ssh, b2]}\n", "shell: [ssh, b2]}" + more); };
  CHECK(with(second).empty());
  auto other_file = second;
  other_file.replace(other_file.find("/etc/b2.ini"), 11, "/etc/b3.ini");
  CHECK(with(other_file) ==
        Texts{"e.yml:24:39: the console '127.0.0.1:6002' is given twice\n  the first is at e.yml:21:36"});
  CHECK(with(second + "      - {name: more, console: {host: 127.0.0.1, port: 6002, user: admin}, config: /etc/b2.ini, "
                      "shell: [ssh, b2]}\n") ==
        Texts{"e.yml:25:31: the console '127.0.0.1:6002' is given twice\n  the first is at e.yml:24:39"});
}

TEST_CASE("reclone is a program with its arguments; one that is a file must be executable") {
  Folder folder;
  const auto with = [&](const std::string& value) {
    auto text = good_environment;
    text.replace(text.find("  scope: ci\n"), 12, "  scope: ci\n  reclone: " + value + "\n");
    return config::read_environment(folder.path + "/e.yml", text);
  };
  const auto program = folder.path + "/clone";
  std::ofstream(program) << "#!/bin/sh\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto read = with("[./clone, ci, --yes, \"two words\"]");
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value);
  CHECK(read.value->target.reclone == Texts{folder.path + "/clone", "ci", "--yes", "two words"});
  CHECK(read.value->source.reclone.empty());
  CHECK(with("[ansible-playbook, reclone.yml]").value->target.reclone.front() == "ansible-playbook");
  const std::string how = "\n  write reclone: [program, argument]; there is no shell in between";
  const auto problem = [&](const std::string& value) {
    const auto found = texts(with(value).problems);
    REQUIRE(found.size() == 1);
    return found.front().substr(folder.path.size() + 1);
  };
  CHECK(problem("clone.sh ci") == "e.yml:13:12: reclone must be a list of a program and its arguments" + how);
  CHECK(problem("[]") == "e.yml:13:12: reclone must be a list of a program and its arguments" + how);
  CHECK(problem("['']") == "e.yml:13:12: reclone must be a list of a program and its arguments" + how);
  CHECK(problem("[./passfile]") ==
        "e.yml:13:13: reclone: '" + folder.path + "/passfile' can't be executed: Permission denied");
}

TEST_CASE("wrong keys and values have their position") {
  CHECK(after("class: staging", "class: prodution") ==
        Texts{"e.yml:3:8: class can't be 'prodution'\n  did you mean 'production'?"});
  CHECK(after("port: 5001", "port: 70000") ==
        Texts{"e.yml:9:34: port can't be 70000\n  write a number from 1 to 65535"});
  CHECK(after("user: pgcleave, passfile: passfile, sslmode", "usr: pgcleave, passfile: passfile, sslmode") ==
        Texts{"e.yml:8:13: postgres has no key 'user'",
              "e.yml:8:27: unknown key 'usr' in postgres\n  did you mean 'user'?"});
  CHECK(after("sslmode: require", "target_session_attrs: any") ==
        Texts{"e.yml:8:63: unknown key 'target_session_attrs' in postgres"});
  CHECK(after("shell: local", "shell: ssh") == Texts{"e.yml:20:123: shell must be local or a list of the words of a "
                                                     "command\n  write shell: local, or shell: [ssh, host]"});
  CHECK(after("config: /etc/b2.ini", "config: b2.ini") ==
        Texts{"e.yml:21:88: config must be an absolute path, not 'b2.ini'\n  the file is on the machine that shell "
              "leads to"});
  CHECK(after("http://127.0.0.1:8003", "127.0.0.1:8003") ==
        Texts{"e.yml:13:23: '127.0.0.1:8003' is not the address of a Patroni member\n  write http://host:8008 or "
              "https://host:8008"});
  CHECK(after("pools:", "pools: []\nsplit:").size() >= 2);
}

TEST_CASE("libpq's own keywords are passed on as they are written, and values that can't be have their position") {
  Folder folder;
  auto text = good_environment;
  const std::string plain = "sslmode: require";
  text.replace(text.find(plain), plain.size(),
               "sslmode: verify-full, ssl_min_protocol_version: TLSv1.2, keepalives_idle: 30, sslcrldir: revoked");
  const auto read = config::read_environment(folder.path + "/e.yml", text);
  REQUIRE(read.value);
  const auto& values = read.value->source.postgres.values;
  CHECK(values.at("ssl_min_protocol_version") == "TLSv1.2");
  CHECK(values.at("keepalives_idle") == "30");
  CHECK(values.at("sslcrldir") == folder.path + "/revoked");
  CHECK(after(plain, "sslmode: require, keepalives_idle: -1") ==
        Texts{"e.yml:8:98: keepalives_idle must be at least 0"});
  CHECK(after(plain, "sslmode: require, sslnegotiation: sometimes") ==
        Texts{"e.yml:8:97: sslnegotiation can't be 'sometimes'\n  there is: postgres, direct"});
  CHECK(after("user: pgcleave}", "user: pgcleave, sslcert: near.crt}") ==
        Texts{"e.yml:16:42: sslcert must be an absolute path, not 'near.crt'\n  the file is read on the other side's "
              "server"});
}

TEST_CASE("a Prometheus is an address and queries by name, and no credentials") {
  Folder folder;
  const std::string prometheus =
      "prometheus: {url: \"http://127.0.0.1:9090/prom/\", queries: {cpu: 'avg(rate(x[1m]))', load_1: node_load1}}\n";
  const auto read = config::read_environment(folder.path + "/e.yml", good_environment + prometheus);
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value);
  CHECK(read.value->prometheus.url == "http://127.0.0.1:9090/prom");
  CHECK(read.value->prometheus.queries.at("cpu") == "avg(rate(x[1m]))");
  const auto problem = [&](const std::string& map) {
    const auto found = texts(
        config::read_environment(folder.path + "/e.yml", good_environment + "prometheus: " + map + "\n").problems);
    return found.empty() ? std::string() : found.front();
  };
  CHECK(problem("{url: \"http://admin:hunter2@x:9090\", queries: {a: b}}").find("holds credentials") !=
        std::string::npos);
  CHECK(problem("{url: \"http://admin:hunter2@x:9090\", queries: {a: b}}").find("hunter2") == std::string::npos);
  CHECK(problem("{url: \"ftp://x\", queries: {a: b}}").find("is not the address of a Prometheus") != std::string::npos);
  CHECK(problem("{url: \"http://x\"}").find("queries") != std::string::npos);
  CHECK(problem("{url: \"http://x\", queries: {}}").find("is empty") != std::string::npos);
  CHECK(problem("{url: \"http://x\", queries: {'A B': b}}").find("is not a name for a query") != std::string::npos);
  CHECK(problem("{url: \"http://x\", queries: {a: b}, extra: 1}").find("extra") != std::string::npos);
}

#include "config/service.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/environment.h"

using namespace pgcleave;
using namespace pgcleave::config;

namespace {

struct ServiceFile {
  explicit ServiceFile(const std::string& text) {
    char name[] = "/tmp/pgcleave-service-XXXXXX";
    folder = ::mkdtemp(name);
    path = folder + "/services";
    std::ofstream(path) << text;
    ::setenv("PGSERVICEFILE", path.c_str(), 1);
    ::setenv("PGSYSCONFDIR", folder.c_str(), 1);
  }
  ~ServiceFile() {
    ::unsetenv("PGSERVICEFILE");
    ::unsetenv("PGSYSCONFDIR");
    std::filesystem::remove_all(folder);
  }
  std::string folder;
  std::string path;
};

// `login` stands for how the console and the members of both sides are logged in to.
Read<Environment> read_with(const std::string& console, const std::string& members) {
  const auto side = [&](const std::string& scope, int port) {
    return "  scope: " + scope + "\n  patroni: {members: [\"http://127.0.0.1:800" + std::to_string(port) +
           "\"]}\n  postgres: " + members + "\n  route: {host: 127.0.0.1, port: 500" + std::to_string(port) +
           "}\n  replication: {user: pgcleave}\n";
  };
  return read_environment(
      "/e.yml", "environment: 1\nname: lab\nclass: staging\nsource:\n" + side("main", 1) + "target:\n" + side("ci", 2) +
                    "pools:\n  - database: app\n    bouncers:\n      - {name: b, console: " + console +
                    ", config: /b.ini}\n");
}

constexpr const char* services = R"(# of this machine
[console]
host=10.0.2.1
port=6432
user=admin
sslmode=verify-full
password=hunter2

  [app]
dbname=app
user=pgcleave
host=10.9.9.9
user=second
[appendix]
user=nobody
)";

}  // namespace

TEST_CASE("a service gives what the environment file does not say, and is looked for where libpq looks") {
  const ServiceFile file(services);
  const auto read = read_with("{service: console, user: other}", "{service: app, sslmode: require}");
  REQUIRE(read.problems.empty());
  const auto& console = read.value->pools.at(0).bouncers.at(0).console;
  CHECK(console.values == std::map<std::string, std::string>{
                              {"host", "10.0.2.1"}, {"port", "6432"}, {"user", "other"}, {"sslmode", "verify-full"}});
  CHECK(console.password.reveal() == "hunter2");
  // Members' addresses come from Patroni.
  CHECK(read.value->source.postgres.values ==
        std::map<std::string, std::string>{{"dbname", "app"}, {"user", "pgcleave"}, {"sslmode", "require"}});

  std::filesystem::rename(file.path, file.folder + "/pg_service.conf");
  CHECK(read_service("app")->values.at("user") == "pgcleave");
  CHECK(read_service("app")->file == file.folder + "/pg_service.conf");
}

TEST_CASE("a service that is not there, or a line that libpq would refuse, is a problem that shows no password") {
  const ServiceFile file("[app]\nuser=pgcleave\nhunter2\n[ldap]\nldap://x/y?z\n");
  const auto why = [](const std::string& name) { return read_service(name).error().what; };
  CHECK(why("other").starts_with("there is no service 'other' in " + file.path + ", " + file.folder +
                                 "/pg_service.conf (not there)"));
  CHECK(why("app") == "service 'app', " + file.path + ":3: this line is no key=value");
  CHECK(why("ldap") == "service 'ldap', " + file.path + ":5: an address of LDAP is not looked up here");
  const auto read = read_with("{host: h, port: 1, user: u}", "{service: nothing}");
  REQUIRE(read.problems.size() == 2);
  CHECK(read.problems[0].at.line == 7);
  CHECK(read.problems[0].at.column == 23);
}

TEST_CASE("a key that neither the file nor its service has is missing") {
  const ServiceFile file("[app]\nuser=pgcleave\n");
  const auto read = read_with("{host: h, port: 1, user: u}", "{service: app}");
  REQUIRE(read.problems.size() == 2);
  CHECK(read.problems[0].what == "postgres has no key 'dbname'");
}

// What `init` is pointed at in tests: two PostgreSQL servers, a stand-in for Patroni before each, and a PgBouncer.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>

#include "init/file_texts.h"
#include "init/init.h"
#include "patroni/member.h"
#include "pgbouncer/servers.h"
#include "postgres/server.h"

namespace pgcleave::init::test {

// One member, which leads. `write` answers a PATCH.
inline patroni::StandIn::Handler a_member(const std::string& scope, bool standby, int port,
                                          const std::string& write = patroni::answer(400, "no JSON")) {
  const Json member{{"name", scope + "-1"}, {"role", standby ? "standby_leader" : "leader"},
                    {"state", "running"},   {"host", "127.0.0.1"},
                    {"port", port},         {"timeline", 1}};
  const auto cluster = Json{{"members", {member}}}.dump();
  const auto status =
      Json{{"state", "running"}, {"server_version", 150018}, {"patroni", {{"version", "3.0.2"}, {"scope", scope}}}}
          .dump();
  const auto config = standby ? R"({"standby_cluster": {"host": "127.0.0.1"}})" : "{}";
  return [=](const patroni::Request& request) {
    if (request.method == "PATCH") return write;
    if (request.path == "/cluster") return patroni::answer(200, cluster);
    if (request.path == "/config") return patroni::answer(200, config);
    return patroni::answer(200, status);
  };
}

class Stack {
 public:
  explicit Stack(const std::string& write = patroni::answer(400, "no JSON"), bool standby = true)
      : source(a_member("main", false, postgres::test::main_server().port(), write)),
        target(a_member("ci", standby, postgres::test::ci_server().port(), write)),
        bouncer(folder, "bouncer", postgres::test::main_server().port()),
        directory(folder.path() + "/first-hour") {}

  [[nodiscard]] Asked asked() const {
    Asked asked;
    asked.source = source.url();
    asked.target = target.url();
    asked.consoles = {"127.0.0.1:" + bouncer.spec().console.values.at("port")};
    asked.user = "postgres";
    asked.production = false;
    asked.directory = directory;
    asked.observe = std::chrono::milliseconds(200);
    return asked;
  }
  [[nodiscard]] std::string text_of(const std::string& file) const { return pgbouncer::slurp(directory + "/" + file); }
  [[nodiscard]] bool nothing_written() const {
    std::error_code ignored;
    return !std::filesystem::exists(directory) || std::filesystem::is_empty(directory, ignored);
  }

  const pgbouncer::Folder folder;
  const patroni::StandIn source;
  const patroni::StandIn target;
  const pgbouncer::RunningBouncer bouncer;
  const std::string directory;
};

inline std::string texts_of(const std::vector<Error>& errors) {
  std::string all;
  for (const auto& error : errors) all += error.text() + "\n";
  return all;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pgcleave::init::test

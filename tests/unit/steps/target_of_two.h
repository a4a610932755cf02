// A target of two members, both standbys of the source, behind one stand-in for Patroni that a test can tell what to
// say.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "two_sides.h"
#include "world/cluster_members.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;

class TargetOfTwo {
 public:
  // The second member of the cluster is at this port of loopback.
  explicit TargetOfTwo(int second) : second_(second) {
    config::SideAccess access;
    access.scope = "ci";
    access.patroni.members = {rest.url()};
    access.postgres.values = {{"user", "postgres"}, {"dbname", "postgres"}};
    sides.world.target = Side(fence::Owner::target, access);
    sides.world.progress = world::Progress([this](const std::string& text) { told += text + "\n"; });
  }

  Side& target() { return sides.world.target; }
  Result<std::vector<world::MemberSeen>> inspect() {
    TRY_ASSIGN(const auto view, target().patroni().view(postgres::test::soon()));
    TRY_ASSIGN(auto* leads, target().leader(postgres::test::soon()));
    return inspect_members(target(), view, *leads, postgres::test::soon());
  }
  [[nodiscard]] int reinitialized() const {
    int count = 0;
    for (const auto& request : rest.requests())
      count += request.method == "POST" && request.path == "/reinitialize" ? 1 : 0;
    return count;
  }
  // COPY writes a history file's format; also a standby does it.
  static void plant(const postgres::test::Server& server, const std::string& file) {
    auto session = server.connect();
    const auto folder = postgres::test::run(session, "SHOW data_directory").text(0, "data_directory");
    postgres::test::run(session, "COPY (SELECT 1, '0/100', 'planted') TO '" + folder + "/pg_wal/" + file + "'");
  }

  // What becomes of POST /reinitialize; "" for no answer.
  std::function<std::string()> on_reinitialize = [] { return patroni::answer(200, "reinitialize started"); };
  void second_moves_to(int port) { second_ = port; }
  void second_says(const std::string& state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
  }

 private:
  std::atomic<int> second_;
  std::mutex mutex_;
  std::string state_ = "running";

  std::string said(const patroni::Request& request) {
    if (request.method == "POST") return on_reinitialize();
    if (request.path == "/leader" || request.method == "PATCH") return patroni::answer(200, "{}");
    if (request.path == "/config")
      return patroni::answer(200, R"({"loop_wait": 1, "standby_cluster": {"host": "127.0.0.1"}})");
    const std::lock_guard lock(mutex_);
    if (request.path != "/cluster")
      return patroni::answer(200, Json{{"state", state_}, {"patroni", {{"version", "3.0.2"}, {"scope", "ci"}}}}.dump());
    const auto member = [&](const char* name, const char* role, const std::string& state, int port) {
      return Json{{"name", name},        {"role", role}, {"state", state}, {"api_url", rest.url() + "/patroni"},
                  {"host", "127.0.0.1"}, {"port", port}, {"timeline", 1}};
    };
    return patroni::answer(
        200,
        Json{{"members",
              {member("ci-1", "standby_leader", "running", first.port()), member("ci-2", "replica", state_, second_)}}}
            .dump());
  }

 public:
  postgres::test::Server first{"ci", postgres::test::main_server()};
  patroni::StandIn rest{[this](const patroni::Request& request) { return said(request); }};
  TwoSides sides{postgres::test::main_server(), first};
  std::string told;
};

}  // namespace pgcleave::steps::test

// A world for steps on real PostgreSQL: two servers, each behind a stand-in for Patroni, and effects that are made at
// once.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "patroni/member.h"
#include "postgres/server.h"
#include "steps/registry.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;

class PlainEffects : public Effects {
 public:
  Result<Json> perform(const std::string&, const Action& action, Traffic) override { return action(); }
};

class TwoSides {
 public:
  // Says what becomes of a PATCH of the target's configuration: Patroni's raw answer, "" for none.
  using Patched = std::function<std::string()>;

  TwoSides(const postgres::test::Server& source, const postgres::test::Server& target, Patched patched = nullptr)
      : TwoSides(source.port(), target.port(), std::move(patched)) {}
  // At these ports of loopback.
  TwoSides(int source, int target, Patched patched = nullptr)
      : source_(member("main", "leader", source, nullptr)),
        target_(member("ci", "standby_leader", target, std::move(patched))),
        world{.source = Side(fence::Owner::source, access("main", source_.url())),
              .target = Side(fence::Owner::target, access("ci", target_.url())),
              .fleet = pgbouncer::Fleet({}),
              .split = {"ci", {}, {}},
              .run = {"r-20260101-000000-0001", 1, 1},
              .effects = &effects_} {}

  // Of the kind's own verbs.
  Result<void> prepare(const std::string& uses, const Json& with) {
    Context context{world, uses, with, Deadline::in(std::chrono::seconds(5)), nullptr};
    return find(uses)->prepare(context);
  }
  Result<Json> apply(const std::string& uses, const Json& with, Duration time, const Json& before = Json::object()) {
    Context context{world, uses, with, Deadline::in(time), nullptr};
    return find(uses)->apply(context, before);
  }
  Result<void> undo(const std::string& uses, const Json& with, const Json& before,
                    Duration time = std::chrono::seconds(5)) {
    Context context{world, uses, with, Deadline::in(time), nullptr};
    return find(uses)->undo(context, before, Json::object());
  }
  Result<Observation> observe(const std::string& uses, const Json& with) {
    Context context{world, uses, with, Deadline::in(std::chrono::seconds(5)), nullptr};
    return find(uses)->observe(context);
  }

 private:
  static patroni::StandIn::Handler member(const std::string& scope, const std::string& role, int port,
                                          Patched patched) {
    using patroni::answer;
    const Json one{
        {"name", scope + "-1"}, {"role", role}, {"state", "running"}, {"api_url", "http://127.0.0.1:1/patroni"},
        {"host", "127.0.0.1"},  {"port", port}, {"timeline", 1},      {"lag", 0}};
    const auto cluster = Json{{"members", {one}}}.dump();
    const auto status =
        Json{{"state", "running"}, {"role", role}, {"patroni", {{"version", "3.0.2"}, {"scope", scope}}}}.dump();
    return [=](const patroni::Request& request) {
      if (request.method == "PATCH") return patched ? patched() : answer(200, "{}");
      if (request.path == "/leader") return answer(200, "{}");
      if (request.path == "/cluster") return answer(200, cluster);
      if (request.path == "/config") return answer(200, R"({"ttl": 30, "standby_cluster": {"host": "127.0.0.1"}})");
      return answer(200, status);
    };
  }
  static config::SideAccess access(const std::string& scope, const std::string& url) {
    config::SideAccess access;
    access.scope = scope;
    access.patroni.members = {url};
    access.postgres.values = {{"user", "postgres"}, {"dbname", "postgres"}};
    return access;
  }

  patroni::StandIn source_;
  patroni::StandIn target_;
  PlainEffects effects_;

 public:
  World world;
};

}  // namespace pgcleave::steps::test

// Failovers that lose what was acknowledged: the leader dies while no replica of its cluster receives.
//
// A replica is cut off by taking the right to log in from the role that it streams by. What the cluster may lose is
// what was acknowledged since: it is read from both members, while clients rest, before the leader dies. Patroni 3.0.2
// fails over at once after a crash if primary_start_timeout is 0, and otherwise starts the old leader again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <thread>

#include "../lab/http.h"
#include "../lab/waiting.h"
#include "contents.h"
#include "events.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Database;
using pgcleave_lab::wait_until;
using std::chrono::milliseconds;

constexpr auto patience = milliseconds(60'000);

class Failover {
 public:
  Failover(World& world, std::string scope, bool with_standby_cluster) : world_(world), scope_(std::move(scope)) {
    first_ = world.leader(scope_);
    for (const auto& member : world.lab.members)
      if (member.scope == scope_ && member.name != first_) replicas_.push_back(member.name);
    roles_ = {"replicator_" + scope_};
    // What a standby cluster had beyond the promoted member would cut it off for ever.
    if (!with_standby_cluster) return;
    replicas_.push_back("ci-1");
    roles_.push_back("replicator_ci");
  }

  // All replicas have what the leader has now, and get nothing from here on.
  void cut_off() {
    auto leader = world_.admin(scope_);
    const auto now = leader.must("select pg_current_wal_lsn()").value();
    for (const auto& replica : replicas_) {
      auto database = on(replica);
      wait_until(replica + " to have caught up", patience, [&] {
        return database.query(fmt::format("select pg_last_wal_replay_lsn() >= '{}'", now)).value() == "t" ? "" : "lags";
      });
    }
    world_.say("  " + scope_ + ": replicas are cut off");
    may_stream(leader, false);
    leader.must(fmt::format("select pg_terminate_backend(pid) from pg_stat_replication where usename in ('{}')",
                            fmt::join(roles_, "', '")));
  }
  // Of what was acknowledged since: tokens that only one of both has.
  std::set<std::string> would_differ() {
    auto leader = world_.admin(scope_), replica = on(replicas_.front());
    wait_until(replicas_.front() + " to replay what it has", patience, [&] {
      return replica.query("select pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn()").value() == "t" ? ""
                                                                                                          : "replays";
    });
    const auto here = read_contents(leader), there = read_contents(replica);
    std::set<std::string> tokens;
    for (const auto& [token, count] : here.count)
      if (!there.count.contains(token)) tokens.insert(token);
    for (const auto& [token, count] : there.count)
      if (!here.count.contains(token)) tokens.insert(token);
    return tokens;
  }
  void leader_dies() {
    patch(first_, R"({"primary_start_timeout": 0})");
    std::this_thread::sleep_for(milliseconds(300));
    world_.say("  SIGKILL to PostgreSQL of " + first_);
    run_program(
        {world_.settings.lab_program.string(), "kill", "--dir", (world_.folder / "lab").string(), first_ + ".postgres"},
        world_.folder / "kill.log", std::chrono::seconds(20));
    wait_until("a member of " + scope_ + " to be promoted", patience, [&] {
      patch(first_, R"({"primary_start_timeout": 0})");
      for (const auto& name : replicas_)
        if (name.starts_with(scope_) && is(name, "/primary")) promoted_ = name;
      return promoted_.empty() ? "none is" : "";
    });
    world_.say("  " + promoted_ + " is promoted");
  }
  // The route is one fixed address, so the first leader has to lead again.
  void back_to_the_first() {
    auto leader = on(promoted_);
    wait_until(promoted_ + " to take writes", patience,
               [&] { return leader.query("select pg_is_in_recovery()").value() == "f" ? "" : "in recovery"; });
    may_stream(leader, true);
    patch(promoted_, R"({"primary_start_timeout": null})");
    wait_until(first_ + " to follow", patience, [&] { return is(first_, "/replica") ? "" : "it does not"; });
    switch_leader(world_, promoted_, first_);
    for (const auto& replica : replicas_)
      if (replica.starts_with(scope_))
        wait_until(replica + " to follow", patience, [&] { return is(replica, "/replica") ? "" : "it does not"; });
    wait_for_bouncers(world_);
  }

  void may_stream(Database& leader, bool may) {
    for (const auto& role : roles_) leader.must(fmt::format("alter role {} {}", role, may ? "login" : "nologin"));
  }

 private:
  Database on(const std::string& member) {
    Database database(Database::connection_text(world_.lab, world_.lab.member(member).postgres_port, "postgres"));
    database.query("set pg_stat_statements.track = 'none'");
    return database;
  }
  bool is(const std::string& member, const std::string& path) {
    return pgcleave_lab::http_get(world_.lab.member(member).rest_port, path).status == 200;
  }
  void patch(const std::string& member, const std::string& text) {
    pgcleave_lab::http_patch(world_.lab.member(member).rest_port, "/config", text, {"pgcleave", rest_password(world_)});
  }

  World& world_;
  const std::string scope_;
  std::string first_, promoted_;
  std::vector<std::string> replicas_, roles_;
};

int members_of(const World& world, const std::string& scope) {
  return scope == "main" ? world.plan.source_members : world.plan.target_members;
}

bool fails_over(World& world, const std::string& scope, Chance& chance) {
  const bool is_split = world.phase == Phase::split || world.phase == Phase::cleaned;
  if (members_of(world, scope) < 2 || world.has_unlogged()) return false;
  if (!is_split && (scope == "ci" || world.phase != Phase::whole)) return false;
  Failover failover(world, scope, !is_split);
  world.everybody_rests();
  failover.cut_off();
  const auto mark = world.ledger.mark();
  world.everybody_goes_on();
  std::this_thread::sleep_for(milliseconds(chance.between(300, 1200)));
  world.everybody_rests();
  const auto differ = failover.would_differ();
  world.say(fmt::format("  {} rows that were written or deleted since may be lost or back", differ.size()));
  failover.leader_dies();
  world.ledger.may_differ(differ);
  world.ledger.forget_values(mark, scope);
  world.everybody_goes_on();
  failover.back_to_the_first();
  world.failed_over = true;
  return true;
}

// A member that was cut off before a split is promoted after it. Whether the run refuses that, or the member refuses
// writes: nobody may be served by both sides for longer than it takes to say so.
bool stale_member_is_promoted(World& world, Chance& chance) {
  if (members_of(world, "main") < 2 || world.phase != Phase::whole || world.has_unlogged()) return false;
  Failover failover(world, "main", false);
  world.everybody_rests();
  failover.cut_off();
  world.everybody_goes_on();
  world.failed_over = true;
  split_over(world, "promote-standby", chance);
  if (world.phase != Phase::split) {  // the standby could not follow, or the member's lag was refused
    auto leader = world.admin("main");
    failover.may_stream(leader, true);
    return true;
  }
  world.everybody_rests();
  const auto differ = failover.would_differ();
  failover.leader_dies();
  world.ledger.may_differ_of(Class::kept, differ);
  world.everybody_goes_on();
  failover.back_to_the_first();
  const auto closed = [&] { return world.serving_side() != Serves::both; };
  for (int tenth = 0; tenth < 150 && !closed(); ++tenth) std::this_thread::sleep_for(milliseconds(100));
  if (closed()) return true;
  const Ended status = world.tool(with_environment({"status"}, world), "status with two owners");
  if (status.output.find("both") == std::string::npos)
    world.ledger.broken("two owners, and nobody says so", "status with both sides open");
  const Ended repaired = world.tool(with_environment({"repair-owner"}, world), "repair-owner");
  if (!done(repaired)) note_refusal(world, "repair-owner", repaired);
  return true;
}

}  // namespace

const std::vector<EventKind>& failover_events() {
  static const std::vector<EventKind> all{
      {"source fails over and loses commits", [](World& w, Chance& c) { return fails_over(w, "main", c); }},
      {"target fails over and loses commits", [](World& w, Chance& c) { return fails_over(w, "ci", c); }},
      {"split, then promote a member that missed it", stale_member_is_promoted}};
  return all;
}

}  // namespace pgcleave_worlds

// Events of servers: crashes, and controlled switchovers.
#include <fmt/format.h>

#include <thread>

#include "../lab/files.h"
#include "../lab/http.h"
#include "../lab/waiting.h"
#include "events.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Database;
using std::chrono::milliseconds;

void wait_for_writes(World& world, const std::string& scope) {
  pgcleave_lab::wait_until(scope + " to take writes again", milliseconds(60'000), [&]() -> std::string {
    Database database(
        Database::connection_text(world.lab, world.lab.member(world.leader(scope)).postgres_port, "postgres"),
        milliseconds(2000));
    if (!database.connected()) return "no connection";
    return database.query("select pg_is_in_recovery()").value() == "f" ? "" : "in recovery";
  });
}

bool crash(World& world, const std::string& scope) {
  if (scope == "ci" && !is_split(world)) return false;
  if (world.has_unlogged()) return false;
  const auto member = world.leader(scope);
  world.say(fmt::format("  SIGKILL to PostgreSQL of {}", member));
  run_program(
      {world.settings.lab_program.string(), "kill", "--dir", (world.folder / "lab").string(), member + ".postgres"},
      world.folder / "kill.log", std::chrono::seconds(20));
  std::this_thread::sleep_for(milliseconds(300));
  wait_for_writes(world, scope);
  wait_for_bouncers(world);
  return true;
}

// Controlled: Patroni shuts the leader down and promotes a member that has everything. And back, since the route is one
// fixed address.
bool switch_over(World& world, const std::string& scope) {
  const bool is_main = scope == "main";
  if ((is_main ? world.plan.source_members : world.plan.target_members) < 2 || world.has_unlogged()) return false;
  if (is_main ? world.phase != Phase::whole : world.phase != Phase::split && world.phase != Phase::cleaned)
    return false;
  switch_leader(world, scope + "-1", scope + "-2");
  switch_leader(world, scope + "-2", scope + "-1");
  wait_for_writes(world, scope);
  wait_for_bouncers(world);
  return true;
}

// Damage by hand, to see that the judge finds it: a row goes behind clients' backs, a sequence gives out again what it
// gave out.
bool take_a_row(World& world, Chance&) {
  auto database = world.admin("main");
  database.must("set session_replication_role = replica");
  world.execute(database, "delete from m.base where ctid = (select min(ctid) from m.base where tok like 'tk%')",
                "main");
  return true;
}

bool turn_a_sequence_back(World& world, Chance&) {
  auto database = world.admin("main");
  world.execute(database, "select setval('m.base_id_seq', 1)", "main");
  std::this_thread::sleep_for(milliseconds(1500));
  return true;
}

bool wait(World&, Chance& chance) {
  std::this_thread::sleep_for(milliseconds(chance.between(500, 2000)));
  return true;
}

}  // namespace

// A bouncer whose login failed tries again after seconds only (PgBouncer 1.18, server_login_retry).
void wait_for_bouncers(World& world) {
  for (const auto& bouncer : world.lab.bouncers)
    pgcleave_lab::wait_until(bouncer.name + " to let a client through", milliseconds(60'000), [&]() -> std::string {
      Database database(Database::connection_text(world.lab, bouncer.port, "app"), milliseconds(2000));
      if (!database.connected()) return "no connection";
      const auto answer = database.query("select 1", milliseconds(2000));
      return answer.error ? answer.error->message : "";
    });
}

std::string rest_password(const World& world) {
  std::string password = pgcleave_lab::read_file(world.lab.rest_password_file());
  while (!password.empty() && password.back() == '\n') password.pop_back();
  return password;
}

void switch_leader(World& world, const std::string& from, const std::string& to) {
  world.say(fmt::format("  switchover from {} to {}", from, to));
  const auto is = [&](const std::string& member, const char* path) {
    return pgcleave_lab::http_get(world.lab.member(member).rest_port, path).status == 200 ? "" : "it does not";
  };
  // Refused as long as Patroni does not know the candidate, or thinks that it lags.
  auto asked = pgcleave_lab::Clock::time_point();
  std::string answer;
  pgcleave_lab::wait_until(to + " to lead", milliseconds(60'000), [&]() -> std::string {
    if (*is(to, "/primary") == 0) return {};
    if (pgcleave_lab::Clock::now() - asked > milliseconds(3000) && *is(from, "/primary") == 0) {
      asked = pgcleave_lab::Clock::now();
      answer = pgcleave_lab::http_post(world.lab.member(from).rest_port, "/switchover",
                                       fmt::format(R"({{"leader": "{}", "candidate": "{}"}})", from, to),
                                       {"pgcleave", rest_password(world)})
                   .body;
    }
    return "Patroni says " + answer;
  });
  pgcleave_lab::wait_until(from + " to follow", milliseconds(60'000), [&] { return is(from, "/replica"); });
}

const std::vector<EventKind>& server_events() {
  static const std::vector<EventKind> all{
      {"switch the source over", [](World& w, Chance&) { return switch_over(w, "main"); }},
      {"switch the target over", [](World& w, Chance&) { return switch_over(w, "ci"); }},
      {"source crashes", [](World& w, Chance&) { return crash(w, "main"); }},
      {"target crashes", [](World& w, Chance&) { return crash(w, "ci"); }},
      {"damage: a row is taken away", take_a_row},
      {"damage: a sequence is turned back", turn_a_sequence_back},
      {"wait", wait}};
  return all;
}

}  // namespace pgcleave_worlds

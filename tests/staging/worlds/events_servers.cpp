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

// A crash empties unlogged tables, and so does a promotion, as everybody knows who made one.
bool has_unlogged(const World& world) {
  for (const auto& piece : world.pieces)
    if (piece.what == "unlogged" && !piece.odd.words.empty()) return true;
  return false;
}

bool crash(World& world, const std::string& scope) {
  if (scope == "ci" && !is_split(world)) return false;
  if (has_unlogged(world)) return false;
  const auto member = world.leader(scope);
  world.say(fmt::format("  SIGKILL to PostgreSQL of {}", member));
  run_program(
      {world.settings.lab_program.string(), "kill", "--dir", (world.folder / "lab").string(), member + ".postgres"},
      world.folder / "kill.log", std::chrono::seconds(20));
  std::this_thread::sleep_for(milliseconds(300));
  wait_for_writes(world, scope);
  return true;
}

// Controlled: Patroni shuts the leader down and promotes a member that has everything. And back, since the route is one
// fixed address.
bool switch_over(World& world, Chance&) {
  if (world.plan.source_members < 2 || world.phase != Phase::whole || has_unlogged(world)) return false;
  std::string password = pgcleave_lab::read_file(world.lab.rest_password_file());
  while (!password.empty() && password.back() == '\n') password.pop_back();
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"main-1", "main-2"}, {"main-2", "main-1"}}) {
    world.say(fmt::format("  switchover from {} to {}", from, to));
    pgcleave_lab::http_post(world.lab.member(from).rest_port, "/switchover",
                            fmt::format(R"({{"leader": "{}", "candidate": "{}"}})", from, to), {"pgcleave", password});
    pgcleave_lab::wait_until(to + " to lead", milliseconds(60'000), [&] {
      return pgcleave_lab::http_get(world.lab.member(to).rest_port, "/primary").status == 200 ? "" : "it does not";
    });
    pgcleave_lab::wait_until(from + " to follow", milliseconds(60'000), [&] {
      return pgcleave_lab::http_get(world.lab.member(from).rest_port, "/replica").status == 200 ? "" : "it does not";
    });
  }
  wait_for_writes(world, "main");
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

const std::vector<EventKind>& server_events() {
  static const std::vector<EventKind> all{{"switch the source over", switch_over},
                                          {"source crashes", [](World& w, Chance&) { return crash(w, "main"); }},
                                          {"target crashes", [](World& w, Chance&) { return crash(w, "ci"); }},
                                          {"damage: a row is taken away", take_a_row},
                                          {"damage: a sequence is turned back", turn_a_sequence_back},
                                          {"wait", wait}};
  return all;
}

}  // namespace pgcleave_worlds

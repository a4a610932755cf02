// A world is judged while all its clients rest: whole contents, and what each side takes.
#include <fmt/format.h>

#include <thread>

#include "../lab/waiting.h"
#include "world.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Database;

// Fires the statement triggers of this relation and changes nothing. Empty: it would take a write.
std::string refusal_of(Database& database, const std::string& table) {
  if (!database.connected()) return database.error() ? database.error()->message : "no connection";
  const auto answer = database.query("begin; delete from " + table + " where false; rollback");
  if (!answer.error) return {};
  database.query("rollback");
  return answer.error->message;
}

std::vector<std::string> moved_relations(Database& database, const std::vector<Table>& tables, Class cls) {
  std::set<std::string> names;
  for (const auto& table : tables) {
    if (table.cls != cls) continue;
    names.insert(table.name);
    if (!table.partitioned) continue;
    std::string literal;
    for (const char letter : table.name) literal += letter == '\'' ? std::string("''") : std::string(1, letter);
    const auto leaves =
        database.query(fmt::format("select format('%I.%I', n.nspname, c.relname) from pg_partition_tree('{}') t join "
                                   "pg_class c on c.oid = t.relid "
                                   "join pg_namespace n on n.oid = c.relnamespace",
                                   literal));
    for (const auto& row : leaves.rows) names.insert(row[0].value_or(""));
  }
  return {names.begin(), names.end()};
}

// Of a table that is gone neither side takes a write.
Gate gate_of(const std::vector<Gate>& gates, const std::string& table) {
  for (const auto& gate : gates)
    if (gate.table == table) return gate;
  return {table, "there is no such table", "there is no such table"};
}

// Neither side takes a write, and not since both fences say no.
bool anchor_is_away(const std::vector<Gate>& gates, const std::string& anchor) {
  const auto of_a_fence = [](const std::string& says) { return says.find("takes no writes") != std::string::npos; };
  const auto gate = gate_of(gates, anchor);
  return who_serves(gate) == Serves::nobody && !of_a_fence(gate.source_says) && !of_a_fence(gate.target_says);
}

}  // namespace

std::vector<Gate> World::gates() {
  const auto as_app = [&](const char* scope) {
    return Database(Database::connection_text(lab, lab.member(leader(scope)).postgres_port, "app"));
  };
  Database source = as_app("main"), target = as_app("ci");
  std::vector<Gate> found;
  for (const auto& table : moved_relations(phase == Phase::split || phase == Phase::cleaned ? target : source,
                                           tables.all(), Class::moved)) {
    Gate gate{table, refusal_of(source, table), refusal_of(target, table), false};
    for (const auto& name : created_since) gate.created_since = gate.created_since || name == table;
    found.push_back(gate);
  }
  if (phase == Phase::split || phase == Phase::cleaned) {
    for (const auto& table : moved_relations(source, tables.all(), Class::kept)) {
      bool since = false;
      for (const auto& name : created_since) since = since || name == table;
      if (!since && refusal_of(target, table).empty())
        ledger.broken("kept table open on the target", table + " takes writes on ci after the split");
    }
  }
  return found;
}

void World::is_whole_again() {
  phase = Phase::whole;
  ledger.one_side_moves();
  created_since.clear();
}

Serves World::serving_side() {
  return who_serves(gate_of(gates(), anchor));
}

void World::judge(const std::string& event, bool with_gates) {
  everybody_rests();
  auto all_gates = gates();
  // A server that is busy or comes up is no refusal of the fence's: it is asked again.
  for (int again = 0; again < 10 && anchor_is_away(all_gates, anchor); ++again) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    all_gates = gates();
  }
  const auto of_anchor = gate_of(all_gates, anchor);
  const Serves serves = who_serves(of_anchor);
  if (with_gates && !undecided)
    for (const auto& found : judge_gates(all_gates, serves)) verdict.violations.push_back(found);
  if (serves == Serves::both)
    verdict.violations.push_back({"open on both sides", anchor + " takes writes on both sides"});
  if (serves == Serves::nobody && !undecided)
    verdict.violations.push_back(
        {"nobody serves", fmt::format("{} takes writes on neither side: main says '{}', ci says '{}'", anchor,
                                      of_anchor.source_says, of_anchor.target_says)});
  const bool over = phase == Phase::split || phase == Phase::cleaned;
  if (!undecided && ((over && serves == Serves::source) || (!over && serves == Serves::target)))
    verdict.violations.push_back(
        {"the wrong side serves", fmt::format("after {} the tool's exit code says {}", event, over ? "ci" : "main")});
  if (serves == Serves::source || serves == Serves::target) {
    auto source = admin("main");
    const Contents on_source = read_contents(source);
    Contents on_target;
    if (serves == Serves::target) {
      auto target = admin("ci");
      on_target = read_contents(target);
    }
    for (const auto& found : judge_rows(ledger.entries(), on_source, on_target, serves))
      verdict.violations.push_back(found);
  }
  for (const auto& found : ledger.violations()) verdict.violations.push_back(found);
  if (!verdict.violations.empty()) {
    verdict.at = event;
    say(fmt::format("after {}: {} violations, first {}: {}", event, verdict.violations.size(),
                    verdict.violations.front().kind, verdict.violations.front().text));
  }
  everybody_goes_on();
}

}  // namespace pgcleave_worlds

// Events around the tool: tables and partitions come and go, on one side or on both.
#include <fmt/format.h>

#include <thread>

#include "../lab/files.h"
#include "../lab/http.h"
#include "../lab/waiting.h"
#include "error_of_world.h"
#include "events.h"
#include "pieces.h"
#include "pieces_of.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Database;
using std::chrono::milliseconds;

bool is_split(const World& world) {
  return world.phase == Phase::split || world.phase == Phase::cleaned;
}

// Covered by a pattern of the split file where it has one, else by its schema.
std::string late_name(const World& world) {
  for (const auto& piece : world.pieces)
    if (!piece.moved_patterns.empty() && world.pieces.size() % 2 == 0)
      return fmt::format("public.m_late_{}", world.pieces.size());
  return fmt::format("m.late_{}", world.pieces.size());
}

Piece late_piece(const World& world, Class cls) {
  Piece piece;
  piece.number = static_cast<int>(world.pieces.size());
  piece.what = "created since";
  piece.cls = cls;
  Table table;
  table.name = cls == Class::kept ? fmt::format("public.late_{}", world.pieces.size()) : late_name(world);
  table.parts = {0, 1, 2, 3};
  table.cls = cls;
  table.sequence = fmt::format("'{}_id_seq'", table.name);
  piece.sql = {
      fmt::format("set role app; create table {} (id bigserial primary key, part int not null default 0, tok text not "
                  "null); reset role",
                  table.name)};
  piece.tables = {table};
  return piece;
}

// A person's first rows, typed straight into the side that has the table.
void write_by_hand(World& world, const std::string& scope, Table table) {
  auto database = world.admin(scope);
  for (int i = 0; i < 5; ++i) {
    const auto token = world.ledger.new_token(table.cls == Class::shared ? Class::shared : Class::one_side);
    world.ledger.announce({token}, {}, "INSERT by hand into " + table.name);
    const auto answer = database.query(fmt::format("insert into {} (part, tok) values (1, '{}')", table.name, token));
    if (!answer.error) world.ledger.acknowledge({{token}, {}, scope, {}});
  }
}

// Both sides keep what is shared: what was written there stays there, or is given up in words.
bool write_shared(World& world, Chance&) {
  if (!is_split(world)) return false;
  for (const auto& table : world.tables.all()) {
    if (table.cls != Class::shared) continue;
    write_by_hand(world, "ci", table);
    write_by_hand(world, "main", table);
    world.one_sided.push_back(table.name);
    return true;
  }
  return false;
}

bool create_here(World& world, Class cls) {
  if (world.phase != Phase::whole) return false;
  const Piece piece = late_piece(world, cls);
  world.install(piece, {"main"});
  world.pieces.push_back(piece);
  world.tables.add(piece);
  return true;
}

bool create_on(World& world, const std::string& scope) {
  if (!is_split(world)) return false;
  const Piece piece = late_piece(world, Class::moved);
  world.install(piece, {scope});
  world.pieces.push_back(piece);
  world.created_since.push_back(piece.tables[0].name);
  world.one_sided.push_back(piece.tables[0].name);
  write_by_hand(world, scope, piece.tables[0]);
  return true;
}

bool create_at_gate(World& world) {
  if (world.phase != Phase::at_gate) return create_here(world, Class::moved);
  const Piece piece = late_piece(world, Class::moved);
  world.install(piece, {"main"});
  world.pieces.push_back(piece);
  world.created_since.push_back(piece.tables[0].name);
  world.one_sided.push_back(piece.tables[0].name);
  write_by_hand(world, "main", piece.tables[0]);
  return true;
}

bool create_on_both(World& world, Chance&) {
  if (!is_split(world)) return false;
  Piece piece = late_piece(world, Class::moved);
  piece.tables[0].bouncer_only = true;
  world.install(piece, {"main", "ci"});
  world.pieces.push_back(piece);
  world.created_since.push_back(piece.tables[0].name);
  world.one_sided.push_back(piece.tables[0].name);
  world.tables.add(piece);
  return true;
}

std::optional<Table> some_table(World& world, Chance& chance, bool partitioned) {
  std::vector<Table> fitting;
  for (const auto& table : world.tables.all())
    if (table.cls == Class::moved && table.partitioned == partitioned &&
        (partitioned || (table.parts.size() == 1 && !table.detached)))
      fitting.push_back(table);
  if (fitting.empty()) return {};
  return chance.pick(fitting);
}

std::vector<std::string> where(bool both) {
  return both ? std::vector<std::string>{"main", "ci"} : std::vector<std::string>{"main"};
}

bool create_partition(World& world, Chance& chance, bool both) {
  if (both != is_split(world)) return false;
  const auto parent = some_table(world, chance, true);
  if (!parent) return false;
  Piece piece;
  piece.number = static_cast<int>(world.pieces.size());
  piece.what = "partition created since";
  Table table = *parent;
  table.partitioned = false;
  table.name = fmt::format("m.part_{}", world.pieces.size());
  const int value = 100 + piece.number;
  table.parts = {value};
  table.bouncer_only = true;
  auto database = world.admin("main");
  const auto strategy =
      database
          .must(fmt::format("select partstrat from pg_partitioned_table where partrelid = {}::regclass",
                            literal_of(parent->name)))
          .value();
  if (strategy == "h") return false;
  const auto bounds = strategy == "l" ? fmt::format("for values in ({})", value)
                                      : fmt::format("for values from ({}) to ({})", value, value + 1);
  piece.sql = {
      fmt::format("set role app; create table {} partition of {} {}; reset role", table.name, parent->name, bounds)};
  piece.tables = {table};
  world.install(piece, where(both));
  world.pieces.push_back(piece);
  world.tables.add(piece);
  if (both || world.phase == Phase::at_gate) world.created_since.push_back(table.name);
  if (both || world.phase == Phase::at_gate) world.one_sided.push_back(table.name);
  return true;
}

// A transaction that has the tree for itself. Clients are at it: whoever is the victim of a deadlock types it again.
void begin_alone(Database& database, const std::string& root) {
  const auto lock = "set local session_replication_role = replica; lock table " + root + " in access exclusive mode";
  for (int again = 0; again < 20; ++again) {
    database.must("begin");
    const auto answer = database.query(lock, std::chrono::seconds(20));
    if (!answer.error) return;
    database.must("rollback");
    if (answer.error->sqlstate != "40P01") break;
    std::this_thread::sleep_for(milliseconds(50 * again));
  }
  database.must("begin");
  database.must(lock);
}

// What the table held on the side that serves is gone by this; a stale copy held nothing that counts. The tree is
// locked from its root, as those do who write through it: else both sides wait for each other.
void drop(World& world, const std::string& scope, const std::string& table, bool counts) {
  auto database = world.admin(scope);
  const auto root =
      database.must(fmt::format("select coalesce(pg_partition_root({0}::regclass), {0}::regclass)", literal_of(table)))
          .value();
  begin_alone(database, root);
  Told told;
  for (const auto& row : database.must("select tok from " + table).rows)
    if (counts && row[0] && row[0]->starts_with("tk")) told.removed.push_back(*row[0]);
  world.ledger.announce({}, told.removed, "DROP TABLE " + table);
  world.say(fmt::format("  {}: drop table {}", scope, table));
  database.must("drop table " + table);
  database.must("commit");
  world.ledger.acknowledge(told);
}

bool drop_partition(World& world, Chance& chance, bool both) {
  if (both != is_split(world) || world.phase == Phase::at_gate) return false;
  const auto table = some_table(world, chance, false);
  if (!table) return false;
  world.tables.remove(table->name);
  std::this_thread::sleep_for(milliseconds(100));
  if (both) drop(world, "ci", table->name, true);
  drop(world, "main", table->name, !both);
  world.one_sided.push_back(table->name);
  return true;
}

bool detach_partition(World& world, Chance& chance, bool both) {
  if (both != is_split(world) || world.phase == Phase::at_gate) return false;
  const auto table = some_table(world, chance, false);
  if (!table || table->name.starts_with("\"parts\"")) return false;
  // Beside its parent by name alone, it would be nobody's, or what stays.
  if (table->name.starts_with("\"public\"") && !table->name.starts_with("\"public\".\"m_")) return false;
  for (const auto& scope : where(both)) {
    auto database = world.admin(scope);
    const auto parent =
        database
            .must(fmt::format("select format('%I.%I', n.nspname, c.relname) from pg_inherits i join "
                              "pg_class c on c.oid = i.inhparent join pg_namespace n "
                              "on n.oid = c.relnamespace where not i.inhdetachpending and i.inhrelid = {}::regclass",
                              literal_of(table->name)))
            .value();
    if (parent.empty()) return false;
    world.execute(database, fmt::format("alter table {} detach partition {}", parent, table->name), scope);
  }
  world.tables.detached(table->name);
  world.one_sided.push_back(table->name);
  return true;
}

}  // namespace

const std::vector<EventKind>& change_events() {
  static const std::vector<EventKind> all{
      {"create moved table", [](World& w, Chance&) { return create_at_gate(w); }},
      {"create kept table", [](World& w, Chance&) { return create_here(w, Class::kept); }},
      {"create moved table on the source", [](World& w, Chance&) { return create_on(w, "main"); }},
      {"create moved table on the target", [](World& w, Chance&) { return create_on(w, "ci"); }},
      {"write shared tables on both sides", write_shared},
      {"create moved table on both sides", create_on_both},
      {"create partition", [](World& w, Chance& c) { return create_partition(w, c, false); }},
      {"create partition on both sides", [](World& w, Chance& c) { return create_partition(w, c, true); }},
      {"drop partition", [](World& w, Chance& c) { return drop_partition(w, c, false); }},
      {"drop partition on both sides", [](World& w, Chance& c) { return drop_partition(w, c, true); }},
      {"detach partition", [](World& w, Chance& c) { return detach_partition(w, c, false); }},
      {"detach partition on both sides", [](World& w, Chance& c) { return detach_partition(w, c, true); }}};
  return all;
}

}  // namespace pgcleave_worlds

// Trees of partitions of every kind, detached, attached, half detached.
#include <fmt/format.h>

#include "naming.h"
#include "pieces_of.h"

namespace pgcleave_worlds {
namespace {

// A leaf in the parent's schema or, where the split goes by schema, in one that holds partitions only.
std::string leaf_name(Piece& piece, const std::string& parent, const std::string& name, Chance& chance) {
  if (!chance.percent(25)) return in_same_schema(parent, name);
  piece.sql.push_back("create schema if not exists parts authorization app");
  return "\"parts\"." + identifier(name);
}

std::string bounds(const std::string& strategy, int part) {
  if (strategy == "list") return fmt::format("for values in ({})", part);
  if (strategy == "range") return fmt::format("for values from ({}) to ({})", part, part + 1);
  return fmt::format("for values with (modulus 4, remainder {})", part);
}

// A table that is no partition, or may soon be none, is covered like its former parent.
std::string beside(Piece& piece, const std::string& parent, const std::string& name) {
  const std::string table = in_same_schema(parent, piece.moved_patterns.empty() ? name : "m_" + name);
  if (!piece.moved_tables.empty()) piece.moved_tables.push_back(table);
  return table;
}

std::string tree(Piece& piece, Chance& chance, const std::string& strategy, const std::string& stem,
                 bool leaves_too = true, bool default_too = true) {
  const std::string parent = place(piece, chance, stem);
  const std::string sequence = in_same_schema(parent, fmt::format("tree_{}_seq", piece.number));
  piece.sql.push_back(
      fmt::format("set role app; create sequence {}; create table {} (id bigint not null default nextval({}), part int "
                  "not null default 0, "
                  "tok text not null, primary key (id, part)) partition by {} (part); reset role",
                  sequence, parent, literal_of(sequence), strategy));
  if (chance.percent(50)) piece.sql.push_back(fmt::format("alter sequence {} owned by {}.id", sequence, parent));
  add(piece, parent, literal_of(sequence)).partitioned = true;
  const bool with_default = strategy != "hash" && chance.percent(50) && default_too;
  for (int part = 0; part < 4; ++part) {
    const bool last = with_default && part == 3;
    const std::string leaf = leaf_name(piece, parent, fmt::format("{}_{}_{}", stem, piece.number, part), chance);
    const bool nested = !last && strategy != "hash" && chance.percent(25);
    piece.sql.push_back(fmt::format("set role app; create table {} partition of {} {}{}; reset role", leaf, parent,
                                    last ? "default" : bounds(strategy, part),
                                    nested ? " partition by hash (id)" : ""));
    if (nested) {
      for (int n = 0; n < 2; ++n)
        piece.sql.push_back(fmt::format(
            "set role app; create table {} partition of {} for values with (modulus 2, remainder {}); reset role",
            in_same_schema(leaf, fmt::format("{}_{}_{}_{}", stem, piece.number, part, n)), leaf, n));
    }
    // A hash partition takes what its hash says: it is written through the parent.
    if (leaves_too && strategy != "hash" && !nested) {
      Table& table = add(piece, leaf, literal_of(sequence));
      table.parts = {part};
    }
  }
  return parent;
}

}  // namespace

std::string literal_of(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? "''" : std::string(1, letter);
  return out + "'";
}

void list_tree(Piece& piece, Chance& chance) {
  tree(piece, chance, "list", "list");
}
void range_tree(Piece& piece, Chance& chance) {
  tree(piece, chance, "range", "range");
}
void hash_tree(Piece& piece, Chance& chance) {
  tree(piece, chance, "hash", "hash");
}

void detached_partition(Piece& piece, Chance& chance) {
  const std::string parent = tree(piece, chance, "list", "shed", false);
  const std::string loose = beside(piece, parent, fmt::format("loose_{}", piece.number));
  piece.sql.push_back(
      fmt::format("set role app; create table {0} partition of {1} for values in (7); insert into {0} (part, tok) "
                  "values (7, 'no token'); "
                  "alter table {1} detach partition {0}; reset role",
                  loose, parent));
  add(piece, loose, piece.tables.front().sequence).parts = {7};
}

// A table that became a partition, its rows and all.
void attached_partition(Piece& piece, Chance& chance) {
  const std::string parent = tree(piece, chance, "list", "grown", false);
  const std::string former = in_same_schema(parent, fmt::format("former_{}", piece.number));
  piece.sql.push_back(
      fmt::format("set role app; create table {0} (id bigint not null default nextval({2}), part int not null default "
                  "7, tok text not null, primary key "
                  "(id, part)); insert into {0} (tok) values ('no token'); alter table {1} attach partition {0} for "
                  "values in (7); reset role",
                  former, parent, piece.tables.front().sequence));
  add(piece, former, piece.tables.front().sequence).parts = {7};
}

void half_detached_partition(Piece& piece, Chance& chance) {
  // Beside a default partition PostgreSQL refuses DETACH CONCURRENTLY.
  const std::string parent = tree(piece, chance, "list", "halfway", false, false);
  const std::string half = beside(piece, parent, fmt::format("half_{}", piece.number));
  piece.sql.push_back(
      fmt::format("set role app; create table {0} partition of {1} for values in (7); reset role", half, parent));
  piece.pending = {parent, half};
  piece.odd = {{"FINALIZE", "half detached"},
               {fmt::format("alter table {} detach partition {} finalize", parent, half)}};
  add(piece, half, piece.tables.front().sequence).parts = {7};
}

}  // namespace pgcleave_worlds

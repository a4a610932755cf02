// What a split can't carry: the run refuses it before anything was changed, and names it.
#include <fmt/format.h>

#include "naming.h"
#include "pieces_of.h"

namespace pgcleave_worlds {

void unlogged_table(Piece& piece, Chance& chance) {
  identity_table(piece, chance);
  const std::string table = piece.tables.back().name;
  piece.sql.push_back(fmt::format("alter table {} set unlogged", table));
  piece.odd = {{"unlogged", "UNLOGGED"}, {fmt::format("alter table {} set logged", table)}};
}

void no_key(Piece& piece, Chance& chance) {
  full_identity(piece, chance);
  const std::string table = piece.tables.back().name;
  piece.sql.push_back(fmt::format("alter table {} replica identity default", table));
  piece.odd = {{"replica identity", "REPLICA IDENTITY", "primary key"},
               {fmt::format("alter table {} add primary key (id)", table)}};
}

void deferrable_key(Piece& piece, Chance& chance) {
  const std::string table = place(piece, chance, "late");
  piece.sql.push_back(
      fmt::format("set role app; create table {} (id bigserial, part int not null default 0, tok text not null, "
                  "constraint \"late key {}\" primary key (id) deferrable); reset role",
                  table, piece.number));
  add(piece, table, fmt::format("pg_get_serial_sequence({}, 'id')", literal_of(table)));
  piece.odd = {{"replica identity", "REPLICA IDENTITY", "DEFERRABLE", "deferrable"},
               {fmt::format("alter table {0} drop constraint \"late key {1}\"; alter table {0} add primary key (id)",
                            table, piece.number)}};
}

void full_on_json(Piece& piece, Chance& chance) {
  full_identity(piece, chance);
  const std::string table = piece.tables.back().name;
  static const std::vector<std::string> types{"json default '{}'", "xml default '<a/>'", "point default '(1,1)'"};
  piece.sql.push_back(fmt::format("alter table {} add column j {}", table, chance.pick(types)));
  piece.odd = {{"replica identity", "REPLICA IDENTITY", "equality"},
               {fmt::format("alter table {0} add primary key (id); alter table {0} replica identity default", table)}};
}

void extension_owned(Piece& piece, Chance& chance) {
  identity_table(piece, chance);
  const std::string table = piece.tables.back().name;
  piece.sql.push_back(fmt::format("alter extension pg_stat_statements add table {}", table));
  piece.odd = {{"extension"}, {fmt::format("alter extension pg_stat_statements drop table {}", table)}};
}

// Whoever writes what stays reaches what moves through it, and no trigger of the heir fires.
void heir_of_a_kept_table(Piece& piece, Chance& chance) {
  const std::string elder = fmt::format("public.\"elder_{}\"", piece.number);
  const std::string elders = fmt::format("'public.\"elder_{}_id_seq\"'", piece.number);
  piece.sql.push_back(
      fmt::format("set role app; create table {} (id bigserial, part int not null default 0, tok text not null); "
                  "reset role",
                  elder));
  piece.kept_schemas.push_back("public");
  const std::string table = place(piece, chance, "heir");
  const std::string own = in_same_schema(table, fmt::format("own_{}", piece.number));
  const std::string no_inherit = fmt::format("alter table {} no inherit {}", table, elder);
  if (chance.percent(70)) {
    piece.sql.push_back(
        fmt::format("set role app; create sequence {1}; create table {0} (id bigint not null default nextval({2}), "
                    "primary key (id)) inherits ({3}); reset role",
                    table, own, literal_of(own), elder));
    add(piece, table, literal_of(own));
    piece.odd = {{"inherit"}, {no_inherit}};
  } else {
    piece.sql.push_back(
        fmt::format("set role app; create table {} (primary key (id)) inherits ({}); reset role", table, elder));
    add(piece, table, elders);
    piece.odd = {{"inherit"},
                 {no_inherit, fmt::format("create sequence {1}; alter table {0} alter id set default nextval({2}); "
                                          "select setval({2}, 100000000); grant usage on sequence {1} to app",
                                          table, own, literal_of(own))}};
  }
  Table& parent = add(piece, elder, elders);
  parent.cls = Class::kept;
  parent.elder = true;
}

}  // namespace pgcleave_worlds

#include "pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "error_of_world.h"
#include "pieces_of.h"

namespace pgcleave_worlds {
namespace {

// In a text that stands between single quotes in YAML.
std::string line_of(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? "''" : std::string(1, letter);
  return out + "'";
}

std::string lines_of(const std::string& key, const std::set<std::string>& texts) {
  if (texts.empty()) return {};
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + line_of(text);
  return fmt::format("  {}: [{}]\n", key, out);
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{{"identity", identity_table, false},
                                     {"serial", serial_table, false},
                                     {"odd columns", odd_columns, false},
                                     {"no key, replica identity full", full_identity, false},
                                     {"replica identity by index", identity_by_index, false},
                                     {"ids chosen by clients", explicit_key, false},
                                     {"uuid key", uuid_key, false},
                                     {"two tables on one free sequence", shared_sequence, false},
                                     {"sequence asked by nextval alone", sequence_alone, false},
                                     {"ids by a function", id_by_function, false},
                                     {"ids by a trigger", id_by_trigger, false},
                                     {"row level security", row_level_security, false},
                                     {"rule", with_rule, false},
                                     {"views", with_views, false},
                                     {"foreign keys", foreign_keys, false},
                                     {"inheritance", inheritance, false},
                                     {"list partitions", list_tree, false},
                                     {"range partitions", range_tree, false},
                                     {"hash partitions", hash_tree, false},
                                     {"detached partition", detached_partition, false},
                                     {"attached partition", attached_partition, false},
                                     {"half detached partition", half_detached_partition, true},
                                     {"unlogged", unlogged_table, true},
                                     {"no key", no_key, true},
                                     {"deferrable key", deferrable_key, true},
                                     {"replica identity full without equality", full_on_json, true},
                                     {"extension owned", extension_owned, true},
                                     {"heir of a kept table", heir_of_a_kept_table, true}};
  return all;
}

const Kind& kind(const std::string& name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& k) { return k.name == name; });
  if (found == kinds().end()) fail("no kind of piece is called {}", name);
  return *found;
}

Piece make_piece(const Kind& kind, int number, Class cls, Chance& chance) {
  Piece piece;
  piece.number = number;
  piece.cls = cls;
  piece.what = kind.name;
  kind.make(piece, chance);
  return piece;
}

std::vector<Piece> first_pieces() {
  Piece moved;
  moved.what = "a plain table that moves";
  moved.moved_schemas = {"m"};
  moved.sql = {
      "create schema m authorization app",
      "set role app; create table m.base (id bigserial primary key, part int not null default 0, tok text not null); "
      "reset role",
      R"(create function public.write_row(t text, part int, tok text, out id bigint, out side text)
  language plpgsql as $f$
begin
  execute format('insert into %s (part, tok) values ($1, $2) returning id, current_setting(''cluster_name'')', t)
    into id, side using part, tok;
end $f$)"};
  Table base;
  base.name = "m.base";
  base.sequence = "'m.base_id_seq'";
  base.parts = {0, 1, 2, 3};
  moved.tables = {base};
  Piece kept;
  kept.number = 1;
  kept.what = "a plain table that stays";
  kept.cls = Class::kept;
  kept.kept_schemas = {"public"};
  kept.sql = {
      "set role app; create table public.stays (id bigserial primary key, part int not null default 0, tok text not "
      "null); reset role"};
  base.name = "public.stays";
  base.sequence = "'public.stays_id_seq'";
  base.cls = Class::kept;
  kept.tables = {base};
  return {moved, kept};
}

std::string split_file(const std::string& split, const std::vector<Piece>& pieces) {
  std::set<std::string> moved_tables, moved_schemas, moved_patterns, moved_sequences, kept_schemas, kept_tables,
      shared_tables;
  const auto into = [](std::set<std::string>& all, const std::vector<std::string>& some) {
    all.insert(some.begin(), some.end());
  };
  for (const auto& piece : pieces) {
    into(moved_tables, piece.moved_tables);
    into(moved_schemas, piece.moved_schemas);
    into(moved_patterns, piece.moved_patterns);
    into(moved_sequences, piece.moved_sequences);
    into(kept_schemas, piece.kept_schemas);
    into(kept_tables, piece.kept_tables);
    into(shared_tables, piece.shared_tables);
  }
  const auto named = [](const std::set<std::string>& schemas) {
    std::set<std::string> out;
    for (const auto& schema : schemas) out.insert(identifier(schema));
    return out;
  };
  std::string text = fmt::format("split: 1\nname: {}\nmoved:\n", split);
  text += lines_of("tables", moved_tables) + lines_of("schemas", named(moved_schemas)) +
          lines_of("patterns", moved_patterns) + lines_of("sequences", moved_sequences);
  text += "kept:\n" + lines_of("tables", kept_tables) + lines_of("schemas", named(kept_schemas));
  text += shared_tables.empty() ? "shared: {}\n" : "shared:\n" + lines_of("tables", shared_tables);
  return text;
}

}  // namespace pgcleave_worlds

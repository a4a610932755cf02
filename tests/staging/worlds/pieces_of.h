// One function for each kind of piece.
#pragma once
#include <string>

#include "chance.h"
#include "schema.h"

namespace pgcleave_worlds {

std::string literal_of(const std::string& text);

void identity_table(Piece& piece, Chance& chance);
void serial_table(Piece& piece, Chance& chance);
void odd_columns(Piece& piece, Chance& chance);
void full_identity(Piece& piece, Chance& chance);
void identity_by_index(Piece& piece, Chance& chance);
void explicit_key(Piece& piece, Chance& chance);
void uuid_key(Piece& piece, Chance& chance);
void shared_sequence(Piece& piece, Chance& chance);
void sequence_alone(Piece& piece, Chance& chance);
void id_by_function(Piece& piece, Chance& chance);
void id_by_trigger(Piece& piece, Chance& chance);
void row_level_security(Piece& piece, Chance& chance);
void with_rule(Piece& piece, Chance& chance);
void with_views(Piece& piece, Chance& chance);
void foreign_keys(Piece& piece, Chance& chance);
void inheritance(Piece& piece, Chance& chance);

void list_tree(Piece& piece, Chance& chance);
void range_tree(Piece& piece, Chance& chance);
void hash_tree(Piece& piece, Chance& chance);
void detached_partition(Piece& piece, Chance& chance);
void attached_partition(Piece& piece, Chance& chance);
void half_detached_partition(Piece& piece, Chance& chance);

void unlogged_table(Piece& piece, Chance& chance);
void no_key(Piece& piece, Chance& chance);
void deferrable_key(Piece& piece, Chance& chance);
void full_on_json(Piece& piece, Chance& chance);
void extension_owned(Piece& piece, Chance& chance);
void heir_of_a_kept_table(Piece& piece, Chance& chance);

}  // namespace pgcleave_worlds

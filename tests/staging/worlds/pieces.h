#pragma once
#include "chance.h"
#include "schema.h"

namespace pgcleave_worlds {

struct Kind {
  const char* name;
  void (*make)(Piece&, Chance&);
  bool odd;
};

const std::vector<Kind>& kinds();
const Kind& kind(const std::string& name);

Piece make_piece(const Kind& kind, int number, Class cls, Chance& chance);
// The first two of every world: a plain table that moves, one that stays, and the functions that clients call.
std::vector<Piece> first_pieces();
std::string split_file(const std::string& split, const std::vector<Piece>& pieces);

}  // namespace pgcleave_worlds

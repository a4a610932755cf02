// Where a piece's tables lie and how they are called, so that each way to write a split file is used.
#pragma once
#include "chance.h"
#include "schema.h"

namespace pgcleave_worlds {

// Adds the line of the split file that covers it, and the schema if it is new.
std::string place(Piece& piece, Chance& chance, const std::string& stem);
Table& add(Piece& piece, const std::string& name, const std::string& sequence = {});
std::string in_same_schema(const std::string& table, const std::string& name);

}  // namespace pgcleave_worlds

#pragma once

namespace pgcleave_lab {

class Database;

// Adds tables ci.extra_0001, ... or drops tables that no load writes, until about so many moved tables hold rows.
// Returns how many there are. The session's role must own the schema.
int set_table_count(Database& database, int wanted);

}  // namespace pgcleave_lab

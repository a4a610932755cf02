// The whole contents of one side: every row of every table as text, and the tokens in it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "../lab/database.h"

namespace pgcleave_worlds {

struct Contents {
  std::map<std::string, int> count;          // of each token
  std::map<std::string, std::string> where;  // the table that holds it
};

void count_tokens(Contents& contents, const std::string& table, const std::string& row);
Contents read_contents(pgcleave_lab::Database& database);

}  // namespace pgcleave_worlds

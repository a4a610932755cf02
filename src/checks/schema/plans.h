// The plans that the target has for the hottest statements: one that reads a big table from end to end will be found
// under load otherwise.
#pragma once

#include "base/json.h"
#include "checks/finding.h"
#include "checks/seen_statements.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

struct Plan {
  SeenStatement statement;
  Json plan;  // EXPLAIN (FORMAT JSON, VERBOSE)
};

// Statements worth planning: one SELECT, INSERT, UPDATE or DELETE that touches moved tables, called often; those that
// took most time first.
std::vector<SeenStatement> hottest(const std::vector<SeenStatement>& statements, TableReferences& references,
                                   std::size_t most);

// With generic plans, since their parameters are not known. Nothing is run. What the server can't plan without its
// parameters' types is left out.
Result<std::vector<Plan>> plans(postgres::Connection& connection, const std::vector<SeenStatement>& statements,
                                Deadline deadline);

// Size in bytes of moved tables, those that are worth a word.
using Sizes = std::map<postgres::TableName, std::int64_t>;
Result<Sizes> big_tables(postgres::Connection& connection, Deadline deadline);

Findings judge_plans(const std::vector<Plan>& plans, const Sizes& big, const std::string& side);

}  // namespace pgcleave::checks

#include <algorithm>
#include <set>

#include "base/format.h"
#include "checks/schema/plans.h"

namespace pgcleave::checks {
namespace {

using postgres::StatementKind;

constexpr std::int64_t called_often = 100;
constexpr std::int64_t big_table_bytes = 10 << 20;

bool can_be_planned(const std::vector<postgres::Statement>& statements) {
  static const std::set<StatementKind> kinds{StatementKind::select, StatementKind::insert, StatementKind::update,
                                             StatementKind::remove};
  return statements.size() == 1 && kinds.contains(statements[0].kind);
}

int parameters_of(const std::string& sql) {
  int most = 0;
  for (std::size_t at = 0; (at = sql.find('$', at)) != std::string::npos; ++at)
    most = std::max(most, std::atoi(sql.c_str() + at + 1));
  return most;
}

// PREPARE takes one statement only, and the parser has seen that it is one. EXPLAIN without ANALYZE does not run it
// (PostgreSQL 15).
Result<Json> explain(postgres::Connection& connection, const std::string& sql, Deadline deadline) {
  auto text = sql;
  while (!text.empty() && (text.back() == ';' || text.back() == ' ' || text.back() == '\n')) text.pop_back();
  const auto prepared = connection.simple("PREPARE pgcleave_plan AS " + text, deadline);
  if (!prepared) return fail(prepared.error());
  std::vector<std::string> nulls(static_cast<std::size_t>(std::min(parameters_of(text), 1000)), "NULL");
  auto explained = connection.simple(fmt::format("EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE pgcleave_plan{}",
                                                 nulls.empty() ? "" : fmt::format("({})", fmt::join(nulls, ", "))),
                                     deadline);
  const auto freed = connection.simple("DEALLOCATE pgcleave_plan", deadline);
  if (!explained) return fail(explained.error());
  if (!freed) return fail(freed.error());
  auto plan = explained->empty() ? Json() : Json::parse(explained->text(0, "QUERY PLAN"), nullptr, false);
  return plan.is_discarded() ? Json() : plan;
}

}  // namespace

std::vector<SeenStatement> hottest(const std::vector<SeenStatement>& statements, TableReferences& references,
                                   std::size_t most) {
  std::vector<SeenStatement> hot;
  for (const auto& one : statements) {
    if (one.calls >= called_often) hot.push_back(one);
  }
  std::sort(hot.begin(), hot.end(), [](const auto& a, const auto& b) { return a.total_ms > b.total_ms; });
  std::vector<SeenStatement> chosen;
  for (const auto& one : hot) {
    if (chosen.size() == most) break;
    const auto parsed = postgres::parse_sql(one.text);
    if (parsed && can_be_planned(*parsed) && !references.of(*parsed).moved.empty()) chosen.push_back(one);
  }
  return chosen;
}

Result<std::vector<Plan>> plans(postgres::Connection& connection, const std::vector<SeenStatement>& statements,
                                Deadline deadline) {
  std::vector<Plan> found;
  if (statements.empty()) return found;
  TRY(connection.simple(
      "SET plan_cache_mode = force_generic_plan; SET standard_conforming_strings = on; SET statement_timeout = '2s'",
      deadline));
  for (const auto& one : statements) {
    auto plan = explain(connection, one.text, deadline);
    if (!connection.alive()) return fail(plan.error());
    if (plan && !plan->is_null()) found.push_back({one, std::move(*plan)});
  }
  TRY(connection.simple("RESET plan_cache_mode; RESET standard_conforming_strings; RESET statement_timeout", deadline));
  return found;
}

Result<Sizes> big_tables(postgres::Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, c.relpages::int8 * current_setting('block_size')::int8 AS bytes
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpages::int8 * current_setting('block_size')::int8 >= $1)sql",
                                               {fmt::format("{}", big_table_bytes)}, deadline));
  Sizes sizes;
  for (std::size_t row = 0; row < rows.size(); ++row)
    sizes[{rows.text(row, "nspname"), rows.text(row, "relname")}] = rows.number(row, "bytes");
  return sizes;
}

}  // namespace pgcleave::checks

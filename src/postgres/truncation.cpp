#include "postgres/truncation.h"

#include <map>
#include <set>

#include "base/format.h"
#include "postgres/fence_sql.h"
#include "postgres/lock_waits.h"

namespace pgcleave::postgres {
namespace {

constexpr const char* not_ours = "PC003";

struct Root {
  bool partitioned = false;
  std::vector<TableName> leaves;  // that hold rows
};

std::map<TableName, Root> roots_of(const std::vector<Table>& tables) {
  std::map<TableName, Root> roots;
  for (const auto& table : tables) {
    auto& root = roots[table.root];
    if (table.kind == TableKind::partitioned) root.partitioned = true;
    if (table.holds_rows) root.leaves.push_back(table.name);
  }
  return roots;
}

// ONLY, so that a table that inherits in the old way, and may be in another class, is left alone. Partitioned tables refuse it.
std::string truncate_sql(const std::vector<std::string>& names) {
  return fmt::format("TRUNCATE {} CONTINUE IDENTITY RESTRICT", fmt::join(names, ", "));
}

std::string only(const TableName& table) {
  return "ONLY " + table.sql();
}

Truncation whole_tables(const std::vector<TableName>& component, const std::map<TableName, Root>& roots,
                        const std::vector<ForeignKey>& keys) {
  Truncation one{component, referencing(component, keys), {}, ""};
  std::vector<std::string> names;
  const auto name = [&](const TableName& table) {
    const auto root = roots.find(table);
    names.push_back(root != roots.end() && root->second.partitioned ? table.sql() : only(table));
  };
  for (const auto& table : one.tables) {
    name(table);
    const auto& leaves = roots.at(table).leaves;
    one.leaves.insert(one.leaves.end(), leaves.begin(), leaves.end());
  }
  for (const auto& table : one.also) name(table);
  one.sql = truncate_sql(names);
  return one;
}

std::string guard_sql(const Proof& proof) {
  const auto owner = fence_object("owner", proof.split);
  return fmt::format("DO {}", quote_literal(fmt::format(
                                  R"sql(DECLARE
  seen pg_catalog.int8;
BEGIN
  IF pg_catalog.to_regclass({owner_text}) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'the owner forbids it', DETAIL = 'not installed';
  END IF;
  SELECT last_value INTO seen FROM {owner};
  IF seen <> {proof} THEN
    RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'the owner forbids it', DETAIL = (ARRAY['nobody', 'source', 'target'])[seen + 1];
  END IF;
END)sql",
                                  fmt::arg("owner", owner), fmt::arg("owner_text", quote_literal(owner)),
                                  fmt::arg("proof", static_cast<int>(proof.owner)), fmt::arg("code", not_ours))));
}

Error not_ours_error(const Connection& primary, const Proof& proof, const Error& answer) {
  Error error{ErrorKind::foreign,
              fmt::format("owner of split {} on {}", proof.split, primary.name()),
              "does not allow this side's tables to be emptied; nothing was",
              name_of(proof.owner),
              answer.seen,
              "",
              answer.code};
  error.hint =
      fmt::format("who changed it: SELECT * FROM pgcleave.ownership_log WHERE split = {} ORDER BY id DESC", quote_literal(proof.split));
  return error;
}

}  // namespace

std::vector<Truncation> plan_truncation(const std::vector<Table>& tables, const std::vector<ForeignKey>& keys) {
  const auto roots = roots_of(tables);
  std::vector<TableName> names;
  for (const auto& [name, root] : roots) names.push_back(name);
  std::set<TableName> referred;
  std::vector<ForeignKey> inner;
  for (const auto& key : keys) {
    if (roots.contains(key.to)) referred.insert(key.to);
    if (roots.contains(key.to) && roots.contains(key.from)) inner.push_back(key);
  }
  std::vector<Truncation> plan;
  for (const auto& component : referencing_first(names, inner)) {
    const auto& first = roots.at(component.front());
    if (component.size() > 1 || !first.partitioned || referred.contains(component.front())) {
      plan.push_back(whole_tables(component, roots, inner));
      continue;
    }
    for (const auto& leaf : first.leaves) plan.push_back({{leaf}, {}, {leaf}, truncate_sql({only(leaf)})});
  }
  return plan;
}

Result<std::vector<TableSize>> sizes(Connection& connection, const std::vector<TableName>& tables, Deadline deadline) {
  const auto named = name_arrays(tables);
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, pg_catalog.pg_total_relation_size(c.oid) AS all,
             pg_catalog.pg_relation_size(c.oid) + COALESCE(pg_catalog.pg_relation_size(NULLIF(c.reltoastrelid, 0)), 0) AS held
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name)sql",
                                               {named.schemas, named.names}, deadline));
  std::vector<TableSize> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({{rows.text(row, "nspname"), rows.text(row, "relname")}, {rows.number(row, "all")}, rows.number(row, "held") == 0});
  }
  return found;
}

Result<void> truncate(Connection& primary, const Truncation& what, const Proof& proof, const Patience& patience) {
  auto locked = what.tables;
  locked.insert(locked.end(), what.also.begin(), what.also.end());
  locked.insert(locked.end(), what.leaves.begin(), what.leaves.end());
  const auto& [lock_timeout, deadline, stop, tell] = patience;
  const auto who = [&] { return in_the_way_of_truncate(primary, locked, Deadline::in(std::chrono::seconds(2))); };
  const auto given_up = [&](bool interrupted) -> Result<void> {
    TRY_ASSIGN(const auto blockers, who());
    const auto name = what.tables.front().sql();
    return fail(in_the_way_error(blockers, "table " + name, fmt::format("{} could be locked to be emptied", name), interrupted));
  };
  for (int round = 0;; ++round) {
    const auto done =
        primary.simple(fmt::format("{}; SET LOCAL session_replication_role TO replica; SELECT {}; {}; {}",
                                   lock_timeout_sql(lock_timeout, deadline), split_lock_sql(proof.split), guard_sql(proof), what.sql),
                       Deadline::in(deadline.left() + lock_timeout + std::chrono::seconds(1)));
    if (done) return {};
    if (done.error().code == not_ours) return fail(not_ours_error(primary, proof, done.error()));
    if (!is_for_want_of_a_lock(done.error())) return fail(done.error());
    if (deadline.passed()) return given_up(false);
    if (tell && round % 5 == 4) {
      if (const auto blockers = who(); blockers && !blockers->empty()) tell("in the way: " + blockers->front().text());
    }
    if (!sleep_until(deadline, backoff(round), stop)) return given_up(true);
  }
}

}  // namespace pgcleave::postgres

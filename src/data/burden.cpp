#include "data/burden.h"

#include "base/format.h"
#include "base/units.h"
#include "data/job.h"

namespace pgcleave::data {
namespace {

constexpr auto large_index = Bytes{64LL << 20};
constexpr auto long_transaction = std::chrono::minutes(5);

// Of the table and all its partitions; an index over a column by a key, an expression or a predicate depends on it.
constexpr const char* indexes_sql = R"sql(
  SELECT i.indexrelid::regclass::text AS name, pg_catalog.pg_relation_size(i.indexrelid) AS size,
         COALESCE(pg_catalog.pg_stat_get_numscans(i.indexrelid), 0) AS scans, i.indisunique AS is_unique,
         EXISTS (SELECT FROM pg_catalog.pg_depend d
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
                    AND a.attname = ANY ($2::text[])) AS changed
    FROM pg_catalog.pg_index i WHERE i.indrelid = ANY ($1::oid[]) ORDER BY 1)sql";

constexpr const char* triggers_sql = R"sql(
  SELECT t.tgname AS name, t.tgrelid::regclass::text AS relation
    FROM pg_catalog.pg_trigger t
   WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 16 <> 0
     AND t.tgtype & 1 <> 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_proc p
       ON p.pronamespace = n.oid WHERE p.oid = t.tgfoid AND n.nspname = 'pgcleave')
     AND (t.tgattr = '' OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.tgrelid
       AND a.attnum = ANY (t.tgattr::int2[]) AND a.attname = ANY ($2::text[])))
   ORDER BY 2, 1)sql";

constexpr const char* full_blocks_sql = R"sql(
  SELECT c.oid::regclass::text AS name FROM pg_catalog.pg_class c
   WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'r' AND NOT EXISTS (
     SELECT FROM pg_catalog.pg_options_to_table(c.reloptions) o
      WHERE o.option_name = 'fillfactor' AND o.option_value::int < 100)
   ORDER BY 1)sql";

constexpr const char* transactions_sql = R"sql(
  SELECT a.pid, pg_catalog.extract('epoch', pg_catalog.clock_timestamp() - a.xact_start)::int8 AS seconds,
         COALESCE(NULLIF(a.application_name, ''), a.usename, '') AS who
    FROM pg_catalog.pg_stat_activity a
   WHERE a.datname = pg_catalog.current_database() AND a.xact_start IS NOT NULL AND a.backend_type = 'client backend'
     AND a.pid <> pg_catalog.pg_backend_pid()
   ORDER BY a.xact_start LIMIT 1)sql";

std::string named(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size())));
  auto text = fmt::format("{}", fmt::join(first, ", "));
  return names.size() > most ? text + fmt::format(" and {} more", names.size() - most) : text;
}

Result<std::vector<std::string>> of_indexes(postgres::Connection& connection,
                                            const std::vector<std::optional<std::string>>& given,
                                            const std::string& oids, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(indexes_sql, given, deadline));
  std::vector<std::string> changed;
  std::vector<std::string> unused;
  std::vector<std::string> sentences;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto name = printable(rows.text(row, "name"));
    const Bytes size{rows.number(row, "size")};
    if (rows.boolean(row, "changed")) changed.push_back(name);
    if (size >= large_index && rows.number(row, "scans") == 0 && !rows.boolean(row, "is_unique"))
      unused.push_back(fmt::format("{} ({})", name, to_text(size)));
  }
  if (!changed.empty())
    sentences.push_back(
        fmt::format("no update is HOT: what is changed is in {}; each row costs an entry in each of "
                    "the {} indexes",
                    named(changed), rows.size()));
  if (changed.empty() && !rows.empty()) {
    TRY_ASSIGN(const auto full, connection.query(full_blocks_sql, {oids}, deadline));
    if (!full.empty())
      sentences.push_back(
          fmt::format("updates could be HOT, but {} has a fillfactor of 100: in full blocks each row "
                      "costs an entry in each of the {} indexes",
                      printable(full.text(0, "name")), rows.size()));
  }
  if (!unused.empty())
    sentences.push_back("no query has used these indexes since statistics began, on this server: " + named(unused));
  return sentences;
}

}  // namespace

Result<std::vector<std::string>> burdens(postgres::Connection& connection, const Table& table,
                                         const std::vector<std::string>& columns, Deadline deadline) {
  std::vector<std::string> relations;
  for (const auto& leaf : table.leaves) relations.push_back(std::to_string(leaf.oid));
  const auto oids = postgres::array_literal(relations);
  const std::vector<std::optional<std::string>> given{oids, postgres::array_literal(columns)};
  TRY_ASSIGN(auto sentences, of_indexes(connection, given, oids, deadline));
  TRY_ASSIGN(const auto triggers, connection.query(triggers_sql, given, deadline));
  std::vector<std::string> names;
  for (std::size_t row = 0; row < triggers.size(); ++row)
    names.push_back(printable(triggers.text(row, "name") + " of " + triggers.text(row, "relation")));
  if (!names.empty()) sentences.push_back("fires for each row that is changed: trigger " + named(names));
  TRY_ASSIGN(const auto open, connection.query(transactions_sql, {}, deadline));
  if (!open.empty() && std::chrono::seconds(open.number(0, "seconds")) >= long_transaction)
    sentences.push_back(fmt::format(
        "a transaction has been open for {} (pid {}, {}): no row that dies is freed before "
        "its end",
        about(std::chrono::seconds(open.number(0, "seconds"))), open.number(0, "pid"), printable(open.text(0, "who"))));
  return sentences;
}

}  // namespace pgcleave::data

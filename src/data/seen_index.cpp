#include "data/seen_index.h"

#include "base/format.h"

namespace pgcleave::data {
namespace {

// A partitioned table's own index is written with ON ONLY; it is the same index.
constexpr const char* index_columns = R"sql(
  x.oid, xn.nspname AS index_schema, x.relname AS index_name, cn.nspname, c.relname, i.indisunique, i.indisvalid,
  x.relispartition, pg_catalog.pg_relation_size(x.oid) AS size, pg_catalog.pg_get_indexdef(x.oid) AS whole,
  pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, x.relname,
                    CASE WHEN x.relkind = 'I' THEN 'ONLY ' ELSE '' END, cn.nspname, c.relname) AS head
  FROM pg_catalog.pg_class x
  JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace
  JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace)sql";

SeenIndex index_in(const postgres::Rows& rows, std::size_t row) {
  SeenIndex seen;
  seen.oid = static_cast<std::uint32_t>(rows.number(row, "oid"));
  seen.name = {rows.text(row, "index_schema"), rows.text(row, "index_name")};
  seen.table = {rows.text(row, "nspname"), rows.text(row, "relname")};
  seen.unique = rows.boolean(row, "indisunique");
  seen.valid = rows.boolean(row, "indisvalid");
  seen.attached = rows.boolean(row, "relispartition");
  seen.size = Bytes{rows.number(row, "size")};
  const auto& whole = rows.text(row, "whole");
  const auto& head = rows.text(row, "head");
  seen.definition = whole.starts_with(head) ? whole.substr(head.size()) : whole;
  return seen;
}

Result<std::optional<IndexProgress>> progress_where(postgres::Connection& connection, const std::string& condition,
                                                    std::int64_t value, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(fmt::format(R"sql(
      SELECT p.pid, p.phase,
             CASE WHEN p.lockers_total > 0 THEN p.lockers_done
                  WHEN p.blocks_total > 0 THEN p.blocks_done ELSE p.tuples_done END AS done,
             CASE WHEN p.lockers_total > 0 THEN p.lockers_total
                  WHEN p.blocks_total > 0 THEN p.blocks_total ELSE p.tuples_total END AS all,
             COALESCE(pg_catalog.format('pid %s (%s), in a transaction for %s s', a.pid,
               COALESCE(NULLIF(a.application_name, ''), a.usename::text, a.backend_type),
               COALESCE(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::int8::text, '?')), '') AS waits
        FROM pg_catalog.pg_stat_progress_create_index p
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = NULLIF(p.current_locker_pid, 0)
       WHERE {} = $1::int8 LIMIT 1)sql",
                                                           condition),
                                               {std::to_string(value)}, deadline));
  if (rows.empty()) return std::optional<IndexProgress>{};
  IndexProgress progress;
  progress.pid = static_cast<int>(rows.number(0, "pid"));
  progress.phase = rows.text(0, "phase");
  progress.done = rows.number(0, "done");
  progress.all = rows.number(0, "all");
  progress.waits_for = rows.text(0, "waits");
  return std::optional{std::move(progress)};
}

}  // namespace

bool SeenIndex::is(const postgres::TableName& on, bool wanted_unique, const std::string& wanted) const {
  return table == on && unique == wanted_unique && definition == wanted;
}

std::string index_in_words(bool unique, const postgres::TableName& table, const std::string& definition) {
  return fmt::format("{}index on {} {}", unique ? "unique " : "", table.sql(), definition);
}

Result<std::optional<SeenIndex>> read_index(postgres::Connection& connection, const postgres::TableName& name,
                                            Deadline deadline) {
  TRY_ASSIGN(const auto rows,
             connection.query(fmt::format("SELECT {} WHERE xn.nspname = $1 AND x.relname = $2", index_columns),
                              {name.schema, name.name}, deadline));
  if (!rows.empty()) return std::optional{index_in(rows, 0)};
  TRY_ASSIGN(const auto other, connection.query("SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON "
                                                "n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND "
                                                "c.relkind NOT IN ('i', 'I')",
                                                {name.schema, name.name}, deadline));
  if (other.empty()) return std::optional<SeenIndex>{};
  return fail({ErrorKind::invalid, "index " + name.sql(), "something that is no index has that name", "", "",
               "give the index another `name` in the runbook", ""});
}

Result<std::vector<SeenIndex>> leftovers_of(postgres::Connection& connection, const postgres::TableName& index,
                                            Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(fmt::format(R"sql(
      SELECT {}
       WHERE xn.nspname = $1 AND NOT i.indisvalid AND NOT x.relispartition AND x.relkind = 'i'
         AND pg_catalog.starts_with(x.relname, $2) AND pg_catalog.substr(x.relname, pg_catalog.length($2) + 1)
             OPERATOR(pg_catalog.~) '^_cc(new|old)[0-9]*$'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = x.oid)
       ORDER BY x.relname)sql",
                                                           index_columns),
                                               {index.schema, index.name}, deadline));
  std::vector<SeenIndex> found;
  for (std::size_t row = 0; row < rows.size(); ++row) found.push_back(index_in(rows, row));
  return found;
}

std::string IndexProgress::text() const {
  std::string text = phase;
  if (all > 0) text += fmt::format(", {} %", 100 * done / all);
  if (!waits_for.empty()) text += ": waits for " + printable(waits_for);
  return text;
}

Result<std::optional<IndexProgress>> progress_of_index(postgres::Connection& connection, std::uint32_t index,
                                                       Deadline deadline) {
  return progress_where(connection, "p.index_relid::int8", index, deadline);
}

Result<std::optional<IndexProgress>> progress_of_session(postgres::Connection& connection, int pid, Deadline deadline) {
  return progress_where(connection, "p.pid", pid, deadline);
}

}  // namespace pgcleave::data

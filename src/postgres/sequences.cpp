#include "postgres/sequences.h"

#include "base/format.h"
#include "base/json.h"

namespace pgcleave::postgres {
namespace {

// pg_sequence_last_value() is quick but says nothing of a sequence that is not yet called: those are read as tables,
// one by one, at about ten times the cost. A DO block does it in one round trip and hands the rows over in a setting of
// this transaction; it works on a standby and needs nothing installed.
constexpr const char* do_block = R"sql(
DECLARE
  given text := {};
  row record;
  found jsonb := '[]';
BEGIN
  FOR row IN
    SELECT s.seqrelid AS oid, pg_catalog.pg_sequence_last_value(s.seqrelid) AS last_value, true AS is_called
      FROM jsonb_to_recordset(given::jsonb) AS g(schema name, name name)
      JOIN pg_catalog.pg_namespace n ON n.nspname = g.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = g.name
      JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
  LOOP
    IF row.last_value IS NULL THEN
      EXECUTE format('SELECT last_value, is_called FROM %s', row.oid::regclass) INTO row.last_value, row.is_called;
    END IF;
    found := found || to_jsonb(row);
  END LOOP;
  PERFORM set_config('pgcleave.sequences', found::text, true);
END)sql";

constexpr const char* read_sql = R"sql(
SELECT r.oid, n.nspname, c.relname, r.last_value, r.is_called,
       s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle
  FROM json_to_recordset(current_setting('pgcleave.sequences')::json) AS r(oid oid, last_value int8, is_called bool)
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = r.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql";

}  // namespace

Result<std::vector<Sequence>> sequences(Connection& connection, const std::vector<TableName>& names,
                                        Deadline deadline) {
  Json given = Json::array();
  for (const auto& one : names) given.push_back({{"schema", one.schema}, {"name", one.name}});
  const auto reading = fmt::format(fmt::runtime(do_block), quote_literal(to_text(given)));
  TRY_ASSIGN(const Rows rows, connection.simple(fmt::format("SET LOCAL search_path TO pg_catalog; DO {}; {}",
                                                            quote_literal(reading), read_sql),
                                                deadline));
  std::vector<Sequence> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Sequence sequence;
    sequence.oid = static_cast<std::uint32_t>(rows.number(row, "oid"));
    sequence.name = {rows.text(row, "nspname"), rows.text(row, "relname")};
    sequence.last_value = rows.number(row, "last_value");
    sequence.is_called = rows.boolean(row, "is_called");
    sequence.increment = rows.number(row, "seqincrement");
    sequence.minimum = rows.number(row, "seqmin");
    sequence.maximum = rows.number(row, "seqmax");
    sequence.cache = rows.number(row, "seqcache");
    sequence.cycles = rows.boolean(row, "seqcycle");
    found.push_back(std::move(sequence));
  }
  return found;
}

// On the way to the window's end: durable also where the role's synchronous_commit is off.
Result<void> set_sequences(Connection& primary, const std::vector<Bump>& bumps, Deadline deadline) {
  if (bumps.empty()) return {};
  std::vector<std::string> rows;
  for (const auto& bump : bumps) {
    rows.push_back(
        fmt::format("({}::regclass, '{}'::int8, {})", quote_literal(bump.name.sql()), bump.value, bump.is_called));
  }
  TRY(primary.simple(fmt::format("SET LOCAL synchronous_commit TO on; "
                                 "SELECT pg_catalog.setval(b.sequence, b.value, b.is_called) FROM (VALUES {}) AS "
                                 "b(sequence, value, is_called)",
                                 fmt::join(rows, ", ")),
                     deadline));
  return {};
}

}  // namespace pgcleave::postgres

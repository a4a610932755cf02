#include "data/index_request.h"

#include "base/format.h"
#include "postgres/sql/sql.h"

namespace pgcleave::data {

namespace {

constexpr auto time_to_roll_back = std::chrono::seconds(1);
constexpr const char* copy = "pg_temp.pgcleave_copy";
constexpr const char* copys_index = "pgcleave_copy_index";

Error wrong(const IndexRequest& request, const std::string& what, const std::string& seen,
            const std::string& code = "") {
  return {ErrorKind::invalid,
          request.text(),
          what,
          "what CREATE INDEX takes after the table, such as (client, n) or USING gin (tags) WHERE open",
          seen,
          "correct `definition` in the runbook",
          code};
}

// The definition is the runbook's text: it must not end the statement and begin another.
Result<void> is_one_statement(const IndexRequest& request) {
  const auto parsed = postgres::parse_sql(request.sql("", "i", "t"));
  if (!parsed) return fail(wrong(request, "can't be parsed", parsed.error().text()));
  if (parsed->size() != 1) return fail(wrong(request, "holds more than a definition", request.definition));
  return {};
}

Result<IndexShape> read_shape(postgres::Connection& primary, const IndexRequest& request, Deadline deadline) {
  TRY_ASSIGN(const auto rows, primary.query(R"sql(
      SELECT pg_catalog.pg_get_indexdef(i.indexrelid) AS whole,
             pg_catalog.pg_get_indexdef(i.indexrelid, k.place::int, false) AS key,
             COALESCE(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
             COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS equal,
             (SELECT COALESCE(sum(COALESCE(s.avg_width, 16)), 16)::int8
                FROM pg_catalog.unnest(i.indkey) o(attnum)
                LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = o.attnum
                LEFT JOIN pg_catalog.pg_stats s
                  ON s.schemaname = $2 AND s.tablename = $3 AND s.attname = a.attname AND NOT s.inherited) AS width
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
       CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts) k(place)
       WHERE i.indrelid = $1::regclass AND x.relname = 'pgcleave_copy_index'
       ORDER BY k.place)sql",
                                            {copy, request.table.schema, request.table.name}, deadline));
  IndexShape shape;
  for (std::size_t row = 0; row < rows.size(); ++row) shape.keys.push_back(rows.text(row, "key"));
  if (shape.keys.empty()) return fail(wrong(request, "made no index", ""));
  // pg_get_indexdef writes any session's temporary schema as pg_temp.
  const auto head = fmt::format("CREATE {}INDEX {} ON {} ", request.unique ? "UNIQUE " : "", copys_index, copy);
  const auto& whole = rows.text(0, "whole");
  if (!whole.starts_with(head)) return fail(wrong(request, "is written in a way that is not known", whole));
  shape.definition = whole.substr(head.size());
  shape.predicate = rows.text(0, "predicate");
  shape.nulls_are_equal = rows.boolean(0, "equal");
  constexpr std::int64_t tuple_header = 16;
  shape.entry = Bytes{rows.number(0, "width") + tuple_header};
  return shape;
}

}  // namespace

std::string IndexRequest::text() const {
  return fmt::format("{}index {} on {} {}", unique ? "unique " : "", index().sql(), table.sql(), definition);
}

std::string IndexRequest::sql(const std::string& how, const std::string& index, const std::string& on) const {
  return fmt::format("CREATE {}INDEX {}{} ON {} {}", unique ? "UNIQUE " : "", how.empty() ? "" : how + " ", index, on,
                     definition);
}

Result<IndexShape> try_index(postgres::Connection& primary, const IndexRequest& request, Deadline deadline) {
  TRY(is_one_statement(request));
  TRY(primary.simple(fmt::format("BEGIN; SET LOCAL synchronous_commit TO off; SET LOCAL lock_timeout TO '5s'; "
                                 "CREATE TEMPORARY TABLE pgcleave_copy (LIKE {} INCLUDING GENERATED) ON COMMIT DROP",
                                 request.table.sql()),
                     deadline));
  const auto made = primary.simple(request.sql("", copys_index, copy), deadline);
  auto shape = made ? read_shape(primary, request, deadline) : Result<IndexShape>(fail(made.error()));
  if (primary.alive() && !primary.simple("ROLLBACK", Deadline::in(time_to_roll_back))) primary.close();
  if (!made && made.error().kind == ErrorKind::failed)
    return fail(wrong(request, "is refused by PostgreSQL: " + made.error().what, "", made.error().code));
  return shape;
}

}  // namespace pgcleave::data

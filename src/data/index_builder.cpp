#include "data/index_builder.h"

#include "base/format.h"
#include "data/index_request.h"
#include "data/short_name.h"

namespace pgcleave::data {
namespace {

constexpr auto time_to_read = std::chrono::seconds(10);
constexpr auto between_tries = std::chrono::seconds(1);
constexpr auto time_to_clean_up = std::chrono::seconds(10);
constexpr int most_tries = 5;
constexpr const char* unique_violation = "23505";
constexpr const char* limit_exceeded = "53400";
constexpr const char* disk_full = "53100";
constexpr const char* deadlock = "40P01";
constexpr const char* canceled = "57014";

// May the next try fare better? A session that was lost is looked after by reading what there is.
bool may_be_tried_again(const Error& why) {
  return why.kind == ErrorKind::unknown || why.code == deadlock || why.code == canceled;
}

Error explained(Error why, const IndexRequest& request, const postgres::TableName& table) {
  why.object = fmt::format("index {} on {}", request.index().sql(), table.sql());
  if (why.code == limit_exceeded)
    why.hint =
        "raise temp_file_limit for the role that builds, or maintenance_work_mem by `memory`, then: "
        "pgcleave resume";
  if (why.code == disk_full) why.hint = "free space on the server, then: pgcleave resume";
  return why;
}

}  // namespace

IndexBuilder::IndexBuilder(IndexRequest request, IndexShape shape, BuildSurroundings around)
    : request_(std::move(request)), shape_(std::move(shape)), session_(std::move(around)) {}

Result<SeenIndex> IndexBuilder::run() {
  TRY_ASSIGN(const auto root, relation_of_table());
  TRY(ensure_tree(root, request_.index()));
  TRY_ASSIGN(const auto built, read(request_.index()));
  if (built && built->valid) return *built;
  return fail({ErrorKind::failed, "index " + request_.index().sql(), "is not valid in the end", "",
               built ? "invalid: a partition has no index of its own yet" : "there is none", "pgcleave resume", ""});
}

Result<std::optional<SeenIndex>> IndexBuilder::read(const postgres::TableName& index) {
  TRY_ASSIGN(auto* session, session_.watcher());
  return read_index(*session, index, Deadline::in(time_to_read));
}

std::string IndexBuilder::create_sql(const postgres::TableName& index, const std::string& how,
                                     const std::string& on) const {
  return request_.sql(how, postgres::quote_identifier(index.name), on);
}

// Of one table that holds rows. Each round reads what there is and does what that asks for.
Result<void> IndexBuilder::ensure(const postgres::TableName& table, const postgres::TableName& index) {
  for (int tries = 0;;) {
    TRY_ASSIGN(const auto seen, read(index));
    if (seen) {
      TRY(fits(*seen, table));
      if (seen->valid) return {};
      TRY_ASSIGN(const bool busy, is_being_built(*seen));
      if (busy) TRY(session_.rest(between_tries));
      if (!busy) TRY(drop_invalid(*seen));
      continue;
    }
    const auto built = build(table, index);
    if (built) continue;
    const auto left = read(index);
    if (left && *left && !(*left)->valid && built.error().kind != ErrorKind::unknown) {
      if (const auto dropped = drop_invalid(**left, Deadline::in(time_to_clean_up)); !dropped) {
        auto error = explained(built.error(), request_, table);
        error.hint = fmt::format(
            "it is left invalid, since it is in use; `pgcleave resume` drops it, or: DROP INDEX "
            "CONCURRENTLY {}",
            index.sql());
        return fail(error);
      }
    }
    if (!may_be_tried_again(built.error()) || ++tries == most_tries)
      return fail(explained(built.error(), request_, table));
    TRY(session_.rest(between_tries));
  }
}

Result<void> IndexBuilder::build(const postgres::TableName& table, const postgres::TableName& index) {
  TRY_ASSIGN(auto* session, session_.watcher());
  TRY_ASSIGN(const auto leftovers, leftovers_of(*session, index, Deadline::in(time_to_read)));
  for (const auto& one : leftovers) TRY(drop_invalid(one));
  if (request_.unique) TRY(refuse_duplicates(table));
  const auto built = session_.run(create_sql(index, "CONCURRENTLY", table.sql()));
  if (built) return {};
  if (built.error().code == unique_violation) TRY(refuse_duplicates(table));  // named, where they are still there
  return fail(built.error());
}

Result<void> IndexBuilder::fits(const SeenIndex& seen, const postgres::TableName& table) const {
  if (seen.is(table, request_.unique, shape_.definition)) return {};
  return fail({ErrorKind::conflict, "index " + seen.name.sql(), "is there already, and is another one",
               index_in_words(request_.unique, table, shape_.definition),
               index_in_words(seen.unique, seen.table, seen.definition),
               "give the new one another `name`, or drop the old one", ""});
}

Result<bool> IndexBuilder::is_being_built(const SeenIndex& seen) {
  TRY_ASSIGN(auto* session, session_.watcher());
  TRY_ASSIGN(const auto progress, progress_of_index(*session, seen.oid, Deadline::in(time_to_read)));
  if (progress) session_.tell(fmt::format("session {} builds it: {}", progress->pid, progress->text()));
  return progress.has_value();
}

// Whoever builds holds the same lock on the table, whether this role may see its progress or not: with the lock held
// nobody is at it, and what is still invalid then is dropped in that transaction.
Result<void> IndexBuilder::drop_invalid(const SeenIndex& seen, std::optional<Deadline> cleaning_up) {
  const auto drop = fmt::format(
      "BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_index WHERE indexrelid = {} AND NOT indisvalid) THEN "
      "DROP INDEX {}; END IF; END",
      seen.oid, seen.name.sql());
  TRY(session_.run_politely(fmt::format("LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE; DO {}", seen.table.sql(),
                                        postgres::quote_literal(drop)),
                            cleaning_up));
  return {};
}

Result<void> IndexBuilder::refuse_duplicates(const postgres::TableName& table) {
  std::string keys;
  std::string texts;
  std::string condition = shape_.predicate;
  for (const auto& key : shape_.keys) {
    keys += (keys.empty() ? "" : ", ") + key;
    texts += (texts.empty() ? "" : ", ") + fmt::format("COALESCE(({})::text, 'NULL')", key);
    if (!shape_.nulls_are_equal) condition += fmt::format("{}({}) IS NOT NULL", condition.empty() ? "" : " AND ", key);
  }
  constexpr std::size_t most_named = 10;
  const auto sql = fmt::format(
      "SELECT pg_catalog.concat_ws(', ', {}) AS key, count(*) AS times, count(*) OVER () AS keys FROM {}{} GROUP BY {} "
      "HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT {}",
      texts, table.sql(), condition.empty() ? "" : " WHERE " + condition, keys, most_named);
  TRY_ASSIGN(const auto rows, session_.run(sql));
  if (rows.empty()) return {};
  std::string named;
  for (std::size_t row = 0; row < rows.size(); ++row)
    named += fmt::format("{}({}) {} times", row == 0 ? "" : ", ", printable(rows.text(row, "key")),
                         rows.number(row, "times"));
  const auto all = static_cast<std::size_t>(rows.number(0, "keys"));
  if (all > rows.size()) named += fmt::format(", and {} more", all - rows.size());
  return fail({ErrorKind::failed, fmt::format("index {} on {}", request_.index().sql(), table.sql()),
               fmt::format("can't be unique: {} keys are there more than once", all), "", named,
               fmt::format("remove the duplicates, then: pgcleave resume. To see them: {}", sql), unique_violation});
}

Result<IndexBuilder::Relation> IndexBuilder::relation_of_table() {
  TRY_ASSIGN(auto* session, session_.watcher());
  TRY_ASSIGN(const auto rows,
             session->query("SELECT c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
                            "c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm')",
                            {request_.table.schema, request_.table.name}, Deadline::in(time_to_read)));
  if (rows.empty())
    return fail({ErrorKind::invalid, "table " + request_.table.sql(), "is not there", "a table", "",
                 "correct `table` in the runbook", ""});
  return Relation{request_.table, rows.text(0, "relkind") == "p", ""};
}

// Partitions of one level, each with its index that is attached to this one. Foreign tables have none.
Result<std::vector<IndexBuilder::Relation>> IndexBuilder::partitions_of(const Relation& parent,
                                                                        const postgres::TableName& index) {
  TRY_ASSIGN(auto* session, session_.watcher());
  TRY_ASSIGN(const auto rows, session->query(R"sql(
      SELECT n.nspname, c.relname, c.relkind, COALESCE(a.relname, '') AS attached
        FROM pg_catalog.pg_inherits h
        JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN LATERAL (
          SELECT x.relname FROM pg_catalog.pg_inherits ih
            JOIN pg_catalog.pg_index i ON i.indexrelid = ih.inhrelid AND i.indrelid = c.oid
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
           WHERE ih.inhparent = pg_catalog.to_regclass($2)) a ON true
       WHERE h.inhparent = pg_catalog.to_regclass($1) AND NOT h.inhdetachpending AND c.relkind IN ('r', 'p')
       ORDER BY c.oid)sql",
                                             {parent.name.sql(), index.sql()}, Deadline::in(time_to_read)));
  std::vector<Relation> found;
  for (std::size_t row = 0; row < rows.size(); ++row)
    found.push_back({{rows.text(row, "nspname"), rows.text(row, "relname")},
                     rows.text(row, "relkind") == "p",
                     rows.text(row, "attached")});
  return found;
}

// A partition that is made meanwhile gets an index by itself, once its parent has one.
Result<void> IndexBuilder::ensure_tree(const Relation& relation, const postgres::TableName& index) {
  if (!relation.partitioned) return ensure(relation.name, index);
  TRY_ASSIGN(const auto seen, read(index));
  if (seen) TRY(fits(*seen, relation.name));
  if (seen && seen->valid) return {};
  if (!seen) TRY(session_.run_politely(create_sql(index, "", "ONLY " + relation.name.sql())));
  TRY_ASSIGN(const auto partitions, partitions_of(relation, index));
  for (const auto& one : partitions) {
    const bool attached = !one.index.empty();
    const postgres::TableName own{one.name.schema, attached ? one.index : short_name(index.name, one.name.name)};
    TRY(ensure_tree(one, own));
    if (attached) continue;
    TRY(session_.run_politely(fmt::format("ALTER INDEX {} ATTACH PARTITION {}", index.sql(), own.sql())));
  }
  return {};
}

Result<void> IndexBuilder::drop() {
  TRY_ASSIGN(const auto root, relation_of_table());
  return drop_tree(root, request_.index());
}

Result<void> IndexBuilder::drop_tree(const Relation& relation, const postgres::TableName& index) {
  if (!relation.partitioned) {
    TRY(session_.run(fmt::format("DROP INDEX CONCURRENTLY IF EXISTS {}", index.sql())));
    return {};
  }
  TRY_ASSIGN(const auto partitions, partitions_of(relation, index));
  TRY(session_.run_politely(fmt::format("DROP INDEX IF EXISTS {}", index.sql())));  // and those that are attached
  for (const auto& one : partitions) TRY(drop_tree(one, {one.name.schema, short_name(index.name, one.name.name)}));
  return {};
}

Result<void> fits_temp_files(postgres::Connection& connection, const IndexRequest& request, const IndexShape& shape,
                             Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(R"sql(
      SELECT COALESCE((SELECT max(GREATEST(c.reltuples, 0)) FROM pg_catalog.pg_partition_tree($1::regclass) t
                         JOIN pg_catalog.pg_class c ON c.oid = t.relid AND t.isleaf),
                      (SELECT GREATEST(reltuples, 0) FROM pg_catalog.pg_class WHERE oid = $1::regclass))::int8 AS rows,
             (SELECT setting::int8 * 1024 FROM pg_catalog.pg_settings WHERE name = 'temp_file_limit') AS allowed,
             (SELECT setting::int8 * 1024 FROM pg_catalog.pg_settings
               WHERE name = 'maintenance_work_mem') AS memory)sql",
                                               {request.table.sql()}, deadline));
  const Bytes needed{rows.number(0, "rows") * shape.entry.count};
  const Bytes allowed{rows.number(0, "allowed")};
  if (allowed.count < 0 || needed <= allowed || needed.count <= rows.number(0, "memory")) return {};
  return fail({ErrorKind::not_ready, request.text(), "needs more temporary files than one session may have",
               "temp_file_limit " + to_text(allowed),
               fmt::format("about {}, of {} rows", to_text(needed), rows.number(0, "rows")),
               "raise temp_file_limit for the role that builds, or say temp_files: ignore in the runbook",
               limit_exceeded});
}

}  // namespace pgcleave::data

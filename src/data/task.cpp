#include "data/task.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "base/format.h"
#include "base/json.h"
#include "data/burden.h"
#include "data/job.h"

namespace pgcleave::data {

std::string Task::text() const {
  return fmt::format("{}, by {}", change->text(table), by == WalkBy::key ? "key" : "heap");
}

// By its oid: one that was dropped and made again under the same name is another table.
JobDefinition Task::definition(std::uint32_t oid) const {
  return {id, fmt::format("{} (oid {})", table.sql(), oid), text()};
}

Result<std::unique_ptr<Walk>> open_walk(const Task& task, const Table& table, const Leaf& leaf,
                                        const std::optional<Key>& key) {
  if (task.by == WalkBy::heap) return walk_heap(leaf);
  if (!key) {
    return fail({ErrorKind::invalid, "table " + leaf.name.sql(),
                 "has no key to walk by: no primary key, and no unique index over columns that are NOT NULL", "", "",
                 "write by: heap, with a `where` that is false for rows that were changed; or add a primary key", ""});
  }
  std::vector<std::string> names;
  for (const auto& column : key->columns) names.push_back(column.name);
  TRY(task.change->check_table(table, names));
  return walk_by_key(leaf, *key);
}

namespace {

constexpr std::array parts_of_heap{0.0, 0.5, 0.9};

// Of EXPLAIN (ANALYZE, WAL, FORMAT JSON): of all nodes, since the topmost has its children's in it.
std::int64_t wal_of(const Json& explained) {
  if (!explained.is_array() || explained.empty()) return 0;
  return explained[0].value("Plan", Json::object()).value("WAL Bytes", std::int64_t{0});
}

std::int64_t places_at(const Walk& walk, double part) {
  const auto at = static_cast<std::int64_t>(static_cast<double>(walk.all()) * part);
  return at - at % walk.first_size();
}

struct Tried {
  std::int64_t rows = 0;
  std::int64_t wal = 0;
  Duration took{};
};

// The caller has begun a transaction, and rolls it back.
Result<Tried> try_range(postgres::Connection& primary, const std::string& sql, Deadline deadline) {
  const auto began = Monotonic::now();
  TRY_ASSIGN(const auto changed, primary.simple(sql, deadline));
  Tried tried;
  tried.took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  tried.rows = changed.number(0, "changed");
  if (changed.number(0, "still") > 0) {
    return fail({ErrorKind::invalid, "where",
                 fmt::format("{} of {} rows match it even when they were changed: the job would never end",
                             changed.number(0, "still"), tried.rows),
                 "rows that no longer match", "row " + printable(changed.text(0, "example")),
                 "correct `where` or `set` in the runbook; nothing was changed", ""});
  }
  TRY(primary.simple("ROLLBACK TO SAVEPOINT tried", deadline));
  TRY_ASSIGN(const auto explained, primary.simple("EXPLAIN (ANALYZE, WAL, TIMING OFF, FORMAT JSON) " + sql, deadline));
  tried.wal = wal_of(Json::parse(explained.text(0, "QUERY PLAN"), nullptr, false));
  return tried;
}

Result<Tried> try_rolled_back(postgres::Connection& primary, const Task& task, const std::string& sql,
                              Deadline deadline) {
  TRY(primary.simple(fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout TO '{}ms'; "
                                 "SET LOCAL idle_in_transaction_session_timeout TO '10s'; SAVEPOINT tried",
                                 std::max<std::int64_t>(1, task.lock_timeout.count() / 1000)),
                     deadline));
  auto tried = try_range(primary, sql, deadline);
  if (primary.alive() && !primary.simple("ROLLBACK", Deadline::in(short_request))) primary.close();
  return tried;
}

Result<void> explain(postgres::Connection& primary, const std::string& sql, Trial& trial, Deadline deadline) {
  if (!trial.plan.empty()) return {};
  TRY_ASSIGN(const auto rows, primary.simple("EXPLAIN " + sql, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) trial.plan.push_back(rows.text(row, "QUERY PLAN"));
  return {};
}

Result<std::unique_ptr<Walk>> walk_of(postgres::Connection& primary, const Task& task, const Table& table,
                                      const Leaf& leaf, std::string& row_name, Deadline deadline) {
  TRY_ASSIGN(const auto key, read_key(primary, leaf.oid, deadline));
  row_name = row_name_sql(key);
  return open_walk(task, table, leaf, key);
}

Result<void> try_leaf(postgres::Connection& primary, const Task& task, const Leaf& leaf, Walk& walk,
                      const std::string& row_name, Trial& trial, Deadline deadline) {
  std::optional<std::string> cursor;
  for (const double part : parts_of_heap) {
    if (task.by == WalkBy::heap) cursor = std::to_string(places_at(walk, part));
    TRY_ASSIGN(const auto range, walk.next(primary, cursor, walk.first_size(), deadline));
    if (!range) return {};
    const auto began = Monotonic::now();
    TRY_ASSIGN(const auto statement, task.change->statement(primary, leaf, range->predicate, row_name, deadline));
    const auto prepared = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
    Tried tried;
    if (!statement.sql.empty()) {
      if (trial.sql.empty()) trial.sql = statement.shown;
      TRY(explain(primary, statement.sql, trial, deadline));
      TRY_ASSIGN(tried, try_rolled_back(primary, task, statement.sql, deadline));
    }
    ++trial.batches;
    trial.rows += tried.rows;
    trial.walked += range->size;
    trial.took += tried.took + prepared;
    trial.wal.count += tried.wal;
    cursor = range->end;
  }
  return {};
}

}  // namespace

Duration Trial::whole() const {
  if (walked == 0) return {};
  return Duration(static_cast<std::int64_t>(static_cast<double>(took.count()) * static_cast<double>(all) /
                                            static_cast<double>(walked)));
}

std::vector<std::string> Trial::lines() const {
  std::vector<std::string> lines;
  std::istringstream statement("the first batch: " + sql);  // an expression ends its line, for a comment at its end
  for (std::string line; std::getline(statement, line);) lines.push_back(line);
  for (const auto& line : plan) lines.push_back("  " + line);
  if (batches == 0) return {"the table is empty: there is nothing to try"};
  if (sql.empty()) lines = {"no row in what was tried has to be changed"};
  const auto times = static_cast<double>(all) / static_cast<double>(std::max<std::int64_t>(1, walked));
  const auto rows_in_all = static_cast<std::int64_t>(static_cast<double>(rows) * times);
  lines.push_back(fmt::format("tried {} batches and rolled them back: {} rows in {}, {} of WAL", batches, rows,
                              to_text(took), to_text(wal)));
  lines.push_back(fmt::format("by that: {} unless it is slowed, {} rows changed and as many dead ones, {} of WAL",
                              about(whole()), rows_in_all,
                              to_text(Bytes{static_cast<std::int64_t>(static_cast<double>(wal.count) * times)})));
  lines.insert(lines.end(), burdens.begin(), burdens.end());
  return lines;
}

bool speaks_against(const Error& error) {
  if (error.kind == ErrorKind::invalid || error.kind == ErrorKind::not_ready) return true;
  return error.code.starts_with("42") || error.code == "2F002";
}

Result<Trial> try_batches(postgres::Connection& primary, const Task& task, Deadline deadline) {
  TRY(task.change->check());
  TRY_ASSIGN(const auto table, read_table(primary, task.table, deadline));
  TRY(task.change->check_table(table, {}));
  Trial trial;
  for (const auto& leaf : table.leaves) {
    std::string row_name;
    TRY_ASSIGN(const auto walk, walk_of(primary, task, table, leaf, row_name, deadline));
    trial.all += walk->all();
    if (trial.batches == 0) TRY(try_leaf(primary, task, leaf, *walk, row_name, trial, deadline));
  }
  TRY_ASSIGN(trial.burdens, burdens(primary, table, task.change->columns(), deadline));
  return trial;
}

}  // namespace pgcleave::data

#include "watch/postgres_numbers.h"

#include "base/format.h"
#include "postgres/activity.h"
#include "watch/query_times.h"

namespace pgcleave::watch {
namespace {

// What costs the server more than a look at its counters is asked for rarely.
constexpr auto statements_every = std::chrono::seconds(10);
constexpr auto sizes_every = std::chrono::minutes(1);

constexpr const char* counters_sql = R"sql(
    SELECT d.xact_commit, d.xact_rollback, d.tup_inserted, d.tup_updated, d.tup_deleted, d.tup_returned, d.tup_fetched,
           d.blks_hit, d.blks_read,
           d.deadlocks, d.temp_bytes,
           pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                                           ELSE pg_catalog.pg_current_wal_lsn() END, '0/0') AS wal,
           COALESCE(a.active, 0) AS active, COALESCE(a.idle, 0) AS idle,
           COALESCE(a.in_transaction, 0) AS in_transaction, COALESCE(a.waiting, 0) AS waiting_for_locks,
           COALESCE(a.all, 0) AS connections, COALESCE(a.longest_s, 0) AS longest_s,
           (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'autovacuum worker') AS vacuuming,
           pg_catalog.current_setting('autovacuum_max_workers')::int8 AS vacuum_workers
      FROM pg_catalog.pg_stat_database d
      LEFT JOIN (SELECT count(*) FILTER (WHERE state = 'active') AS active,
                        count(*) FILTER (WHERE state = 'idle') AS idle,
                        count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS in_transaction,
                        count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting, count(*) AS all,
                        extract(epoch FROM max(pg_catalog.clock_timestamp() - xact_start)) AS longest_s
                   FROM pg_catalog.pg_stat_activity
                  WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()) a ON true
     WHERE d.datname = pg_catalog.current_database())sql";

constexpr const char* dead_rows_sql = R"sql(
    SELECT COALESCE(sum(s.n_dead_tup), 0) AS dead, COALESCE(sum(s.n_live_tup), 0) AS live
      FROM unnest($1::text[], $2::text[]) AS moved(schema, name)
      JOIN pg_catalog.pg_stat_user_tables s ON s.schemaname = moved.schema AND s.relname = moved.name)sql";

constexpr const char* lag_sql = R"sql(
    SELECT 'lag_bytes.' || r.application_name AS name,
           pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(),
                                      COALESCE(r.replay_lsn, r.sent_lsn, pg_catalog.pg_current_wal_lsn())) AS value
      FROM pg_catalog.pg_stat_replication r
     WHERE NOT pg_catalog.pg_is_in_recovery()
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s
                        WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
    UNION ALL
    SELECT 'link_lag_bytes.' || s.slot_name,
           pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.confirmed_flush_lsn)
      FROM pg_catalog.pg_replication_slots s
     WHERE NOT pg_catalog.pg_is_in_recovery() AND s.slot_type = 'logical' AND s.slot_name = ANY ($1::text[]))sql";

// Sizes of the files, index by index: what the whole database takes, and what moves.
constexpr const char* sizes_sql = R"sql(
    SELECT pg_catalog.pg_database_size(pg_catalog.current_database()) AS database,
           COALESCE(sum(pg_catalog.pg_total_relation_size(c.oid)), 0) AS moved
      FROM unnest($1::text[], $2::text[]) AS moved(schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname = moved.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = moved.name)sql";

// Without the texts, which are read from a file. toplevel came with PostgreSQL 14.
constexpr const char* statements_sql =
    "SELECT userid || ' ' || dbid || ' ' || queryid || ' ' || toplevel AS key, calls, total_exec_time FROM {}(false) "
    "WHERE dbid = (SELECT "
    "oid "
    "FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

// A name of its own: who waits until nobody has written for a while looks past it (postgres/writes.cpp).
config::SideAccess as_sampler(config::SideAccess access) {
  access.postgres.values["application_name"] = "pgcleave sampler";
  return access;
}

double real(const postgres::Rows& rows, std::size_t row, const std::string& column) {
  return std::atof(rows.text(row, column).c_str());
}

class PostgresNumbers : public Source {
 public:
  PostgresNumbers(fence::Owner which, const config::SideAccess& access, const std::string& split,
                  const std::vector<postgres::TableName>& moved)
      : Source(fence::name_of(which)),
        side_(which, as_sampler(access)),
        moved_(postgres::name_arrays(moved)),
        any_moved_(!moved.empty()) {
    for (const char* direction : {"forward", "reverse"})
      links_.push_back(fmt::format("pgcleave_{}_{}", split, direction));
  }

  Result<Numbers> read(Deadline deadline) override {
    TRY_ASSIGN(auto* leader, side_.leader(deadline));
    // A new leader has counters of its own.
    if (const auto address = leader->address(); address != address_) {
      growth_.forget();
      timer_ = {};
      address_ = address;
    }
    growth_.tick();
    Numbers numbers;
    TRY(counters(*leader, numbers, deadline));
    TRY(dead_rows(*leader, numbers, deadline));
    TRY(lags(*leader, numbers, deadline));
    if (due(statements_due_, statements_every)) statements(*leader, numbers, deadline);
    if (due(sizes_due_, sizes_every)) sizes(*leader, numbers, deadline);
    return numbers;
  }

 private:
  static bool due(Monotonic::time_point& at, Duration every) {
    const auto now = Monotonic::now();
    if (now < at) return false;
    at = now + every;
    return true;
  }

  Result<void> counters(postgres::Connection& leader, Numbers& numbers, Deadline deadline) {
    TRY_ASSIGN(const auto rows, leader.query(counters_sql, {}, deadline));
    if (rows.empty()) return {};
    const auto value = [&](const char* column) { return real(rows, 0, column); };
    const auto rate = [&](const char* name, double counter) { put(numbers, name, growth_.per_second(name, counter)); };
    put(numbers, "connections", value("connections"));
    put(numbers, "connections.active", value("active"));
    put(numbers, "connections.idle", value("idle"));
    put(numbers, "connections.idle_in_transaction", value("in_transaction"));
    put(numbers, "connections.waiting_for_locks", value("waiting_for_locks"));
    put(numbers, "longest_transaction_s", value("longest_s"));
    rate("commits_per_s", value("xact_commit"));
    rate("rollbacks_per_s", value("xact_rollback"));
    rate("rows_inserted_per_s", value("tup_inserted"));
    rate("rows_updated_per_s", value("tup_updated"));
    rate("rows_deleted_per_s", value("tup_deleted"));
    rate("rows_read_per_s", value("tup_returned") + value("tup_fetched"));
    rate("deadlocks_per_s", value("deadlocks"));
    rate("temp_bytes_per_s", value("temp_bytes"));
    rate("wal_bytes_per_s", value("wal"));
    const auto hit = growth_.added("hit", value("blks_hit"));
    const auto missed = growth_.added("missed", value("blks_read"));
    if (hit && missed && *hit + *missed > 0) put(numbers, "cache_hit_ratio", *hit / (*hit + *missed));
    put(numbers, "autovacuum.workers", value("vacuuming"));
    if (value("vacuum_workers") > 0)
      put(numbers, "autovacuum.saturation", value("vacuuming") / value("vacuum_workers"));
    return {};
  }

  Result<void> dead_rows(postgres::Connection& leader, Numbers& numbers, Deadline deadline) {
    if (!any_moved_) return {};
    TRY_ASSIGN(const auto rows, leader.query(dead_rows_sql, {moved_.schemas, moved_.names}, deadline));
    put(numbers, "moved.dead_rows", real(rows, 0, "dead"));
    const double all = real(rows, 0, "dead") + real(rows, 0, "live");
    if (all > 0) put(numbers, "moved.dead_ratio", real(rows, 0, "dead") / all);
    return {};
  }

  Result<void> lags(postgres::Connection& leader, Numbers& numbers, Deadline deadline) {
    TRY_ASSIGN(const auto rows, leader.query(lag_sql, {postgres::array_literal(links_)}, deadline));
    for (std::size_t row = 0; row < rows.size(); ++row)
      put(numbers, printable(rows.text(row, "name")), real(rows, row, "value"));
    return {};
  }

  // Whoever has not the extension, or not the right to it, does without.
  void statements(postgres::Connection& leader, Numbers& numbers, Deadline deadline) {
    const auto function = postgres::statements_function(leader, deadline);
    if (!function || !*function) return;
    const auto rows = leader.query(fmt::format(fmt::runtime(statements_sql), **function), {}, deadline);
    if (!rows) return;
    std::vector<StatementTotal> totals;
    totals.reserve(rows->size());
    for (std::size_t row = 0; row < rows->size(); ++row) {
      totals.push_back({rows->text(row, "key"), real(*rows, row, "calls"), real(*rows, row, "total_exec_time")});
    }
    const auto times = timer_.since_last(totals);
    if (!times) return;
    put(numbers, "query_mean_ms", times->mean_ms);
    put(numbers, "query_p95_ms", times->p95_ms);
  }

  void sizes(postgres::Connection& leader, Numbers& numbers, Deadline deadline) {
    const auto rows = leader.query(sizes_sql, {moved_.schemas, moved_.names}, deadline);
    if (!rows || rows->empty()) return;
    put(numbers, "database_bytes", real(*rows, 0, "database"));
    if (any_moved_) put(numbers, "moved.bytes", real(*rows, 0, "moved"));
  }

  world::Side side_;
  postgres::NameArrays moved_;
  bool any_moved_;
  std::vector<std::string> links_;
  std::string address_;
  Growth growth_;
  QueryTimer timer_;
  Monotonic::time_point statements_due_;
  Monotonic::time_point sizes_due_;
};

}  // namespace

std::unique_ptr<Source> postgres_numbers(fence::Owner side, const config::SideAccess& access, const std::string& split,
                                         const std::vector<postgres::TableName>& moved) {
  return std::make_unique<PostgresNumbers>(side, access, split, moved);
}

}  // namespace pgcleave::watch

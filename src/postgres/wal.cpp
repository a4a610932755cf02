#include "postgres/wal.h"

#include <charconv>
#include <sstream>

#include "base/format.h"

namespace pgcleave::postgres {
namespace {

constexpr const char* not_in_recovery = "55000";

Result<Lsn> one_lsn(Connection& connection, const std::string& sql, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(sql, {}, deadline));
  if (!rows.empty() && !rows.is_null(0, "lsn")) return parse_lsn(rows.text(0, "lsn"));
  Error error;
  error.kind = ErrorKind::failed;
  error.object = connection.name();
  error.what = "gave no position in the write-ahead log";
  return fail(error);
}

}  // namespace

// The canary's row is written anew each time: a publisher (PostgreSQL 15) skips transactions in which it finds nothing
// to send, and the subscriber's position would never reach this one.
Result<Lsn> capture_lsn(Connection& primary, const TableName& canary, const std::string& token, Deadline deadline) {
  const auto literal = quote_literal(token);
  TRY_ASSIGN(const Rows rows,
             primary.simple(fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                                        "SET LOCAL synchronous_commit TO local; "
                                        "INSERT INTO {} (token) VALUES ({}) "
                                        "ON CONFLICT (token) DO UPDATE SET at = pg_catalog.clock_timestamp(); "
                                        "SELECT pg_catalog.pg_logical_emit_message(true, 'pgcleave', {}) AS lsn; "
                                        "COMMIT",
                                        canary.sql(), literal, literal),
                            deadline));
  return parse_lsn(rows.text(0, "lsn"));
}

Result<Recovery> recovery(Connection& connection, Deadline deadline) {
  const auto ask = [&] {
    return connection.query(R"sql(
        SELECT r.in_recovery, pg_catalog.pg_last_wal_receive_lsn() AS received,
               CASE WHEN r.in_recovery THEN pg_catalog.pg_last_wal_replay_lsn()
                    ELSE pg_catalog.pg_current_wal_insert_lsn() END AS replayed,
               CASE WHEN r.in_recovery THEN pg_catalog.pg_is_wal_replay_paused() ELSE false END AS replay_paused
          FROM (SELECT pg_catalog.pg_is_in_recovery() AS in_recovery OFFSET 0) r)sql",
                            {}, deadline);
  };
  auto rows = ask();
  // Promoted between the first function and the last.
  if (!rows && rows.error().code == not_in_recovery) rows = ask();
  if (!rows) return fail(rows.error());
  Recovery recovery;
  recovery.in_recovery = rows->boolean(0, "in_recovery");
  recovery.replay_paused = rows->boolean(0, "replay_paused");
  TRY_ASSIGN(recovery.received, rows->lsn(0, "received"));
  TRY_ASSIGN(recovery.replayed, rows->lsn(0, "replayed"));
  return recovery;
}

Result<Receiver> receiver(Connection& standby, Deadline deadline) {
  TRY_ASSIGN(const Rows rows,
             standby.query("SELECT status, sender_host, sender_port, slot_name FROM pg_catalog.pg_stat_wal_receiver",
                           {}, deadline));
  if (rows.empty()) return Receiver{};
  return Receiver{rows.text(0, "status"), rows.text(0, "sender_host"), static_cast<int>(rows.number(0, "sender_port")),
                  rows.text(0, "slot_name")};
}

Result<Lsn> current_lsn(Connection& primary, Deadline deadline) {
  return one_lsn(primary, "SELECT pg_catalog.pg_current_wal_insert_lsn() AS lsn", deadline);
}

Result<void> flush_wal(Connection& primary, Lsn position, Deadline deadline) {
  TRY_ASSIGN(const auto flushed, one_lsn(primary, "SELECT pg_catalog.pg_current_wal_flush_lsn() AS lsn", deadline));
  if (flushed >= position) return {};
  TRY(
      primary.simple("BEGIN READ WRITE; SET LOCAL synchronous_commit TO local; "
                     "SELECT pg_catalog.pg_logical_emit_message(true, 'pgcleave', 'flushed'); COMMIT",
                     deadline));
  return {};
}

Result<void> checkpoint(Connection& connection, Deadline deadline) {
  TRY(connection.query("CHECKPOINT", {}, deadline));
  return {};
}

// A history file has a line for each ancestor, "1<tab>0/3000000<tab>reason"; the last one says where this timeline
// began.
Result<Branch> branch(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, primary.query(R"sql(
      SELECT t.id AS timeline,
             CASE WHEN pg_catalog.pg_postmaster_start_time()
                         < (pg_catalog.pg_stat_file('pg_wal/' || t.id || '.history', true)).modification
                  THEN pg_catalog.pg_last_wal_replay_lsn() END AS replayed,
             pg_catalog.pg_read_file('pg_wal/' || t.id || '.history', 0, 1000000, true) AS history
        FROM (SELECT substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) AS id) t)sql",
                                            {}, deadline));
  Branch branch;
  const auto& id = rows.text(0, "timeline");
  std::from_chars(id.data(), id.data() + id.size(), branch.timeline, 16);
  if (!rows.is_null(0, "replayed")) {
    TRY_ASSIGN(branch.replayed, parse_lsn(rows.text(0, "replayed")));
  }
  std::istringstream history(rows.text(0, "history"));
  std::string line;
  while (std::getline(history, line)) {
    std::istringstream words(line);
    std::string parent;
    std::string position;
    if (!(words >> parent >> position) || parent.starts_with('#')) continue;
    TRY_ASSIGN(branch.at, parse_lsn(position));
  }
  return branch;
}

Result<Lsn> redo_lsn(Connection& connection, Deadline deadline) {
  return one_lsn(connection, "SELECT redo_lsn AS lsn FROM pg_catalog.pg_control_checkpoint()", deadline);
}

// The last 16 digits of a segment's name are its number, whatever the timeline. Segments kept for reuse have higher
// numbers.
Result<Lsn> oldest_wal(Connection& connection, Deadline deadline) {
  return one_lsn(connection, R"sql(
      SELECT '0/0'::pg_lsn + (('x' || substr(s.name, 1, 8))::bit(32)::int8::numeric * 4294967296
               + ('x' || substr(s.name, 9, 8))::bit(32)::int8
                 * pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))) AS lsn
        FROM (SELECT min(substr(name, 9)) AS name FROM pg_catalog.pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$') s)sql",
                 deadline);
}

// Logical senders are in pg_stat_replication too; only their slots tell them apart.
Result<std::vector<Sender>> senders(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, primary.query(R"sql(
      SELECT application_name, state,
             GREATEST(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(),
                                                 COALESCE(replay_lsn, flush_lsn, sent_lsn, '0/0')), 0)::int8 AS lag
        FROM pg_catalog.pg_stat_replication
       WHERE pid NOT IN (SELECT active_pid FROM pg_catalog.pg_replication_slots
                          WHERE slot_type = 'logical' AND active_pid IS NOT NULL)
       ORDER BY application_name, pid)sql",
                                            {}, deadline));
  std::vector<Sender> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({rows.text(row, "application_name"), rows.text(row, "state"), Bytes{rows.number(row, "lag")}});
  }
  return found;
}

}  // namespace pgcleave::postgres

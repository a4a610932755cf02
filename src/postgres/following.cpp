#include "postgres/following.h"

namespace pgcleave::postgres {

namespace {

struct ReceiverProcess {
  std::int64_t pid = 0;
  std::string status;
};

Result<ReceiverProcess> receiver_process(Connection& standby, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, standby.query("SELECT pid, status FROM pg_catalog.pg_stat_wal_receiver", {}, deadline));
  if (rows.empty()) return ReceiverProcess{};
  return ReceiverProcess{rows.number(0, "pid"), rows.text(0, "status")};
}

}  // namespace

Result<std::optional<BaseBackup>> base_backup(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT phase, COALESCE(backup_streamed, 0) AS streamed, COALESCE(backup_total, 0) AS total
        FROM pg_catalog.pg_stat_progress_basebackup ORDER BY backup_streamed DESC NULLS LAST LIMIT 1)sql",
                                               {}, deadline));
  if (rows.empty()) return std::optional<BaseBackup>();
  return BaseBackup{rows.text(0, "phase"), Bytes{rows.number(0, "streamed")}, Bytes{rows.number(0, "total")}};
}

Result<std::string> receiving(Connection& standby, Deadline deadline) {
  constexpr auto pause = std::chrono::milliseconds(300);
  TRY_ASSIGN(const auto first, receiver_process(standby, deadline));
  if (first.status.empty()) return std::string("nothing");
  if (first.status != "streaming") return first.status;
  sleep_until(Deadline::in(pause), pause, nullptr);
  TRY_ASSIGN(const auto second, receiver_process(standby, deadline.for_one_read()));
  return second.pid == first.pid ? second.status : std::string("nothing");
}

Result<std::vector<Flushed>> flushed(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, primary.query(R"sql(
      SELECT r.application_name, r.state, r.flush_lsn
        FROM pg_catalog.pg_stat_replication r
       WHERE r.pid NOT IN (SELECT s.active_pid FROM pg_catalog.pg_replication_slots s
                            WHERE s.slot_type = 'logical' AND s.active_pid IS NOT NULL)
       ORDER BY 1, r.pid)sql",
                                            {}, deadline));
  std::vector<Flushed> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    TRY_ASSIGN(const auto lsn, rows.lsn(row, "flush_lsn"));
    found.push_back({rows.text(row, "application_name"), rows.text(row, "state"), lsn});
  }
  return found;
}

}  // namespace pgcleave::postgres

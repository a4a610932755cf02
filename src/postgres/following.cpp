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

}  // namespace pgcleave::postgres

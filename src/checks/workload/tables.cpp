#include "checks/workload/tables.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"

namespace pgcleave::checks {
namespace {

constexpr double soon = 0.9;
constexpr Bytes far_behind{16 << 20};

}  // namespace

Findings judge_ages(const std::vector<TableAge>& ages, const std::string& side) {
  Findings found;
  for (const auto& one : ages) {
    const auto object = fmt::format("table {} on {}", one.table.sql(), side);
    const auto query = fmt::format("SELECT age(relfrozenxid) FROM pg_class WHERE oid = {}::regclass",
                                   postgres::quote_literal(one.table.sql()));
    const auto fix = fmt::format("VACUUM (FREEZE) {}, before the cutover", one.table.sql());
    if (one.running) {
      found.push_back(
          {"workload.wraparound_vacuum", Severity::warning, object, "autovacuum is at it to prevent wraparound",
           "SELECT pid, query FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'",
           "it gives way to nobody: CREATE TRIGGER and TRUNCATE wait until it is done", "let it finish, or: " + fix});
    } else if (static_cast<double>(one.age) > soon * static_cast<double>(one.forced)) {
      found.push_back(
          {"workload.wraparound_near", Severity::warning, object,
           fmt::format("its oldest row is {} transactions old; at {} autovacuum comes by force", one.age, one.forced),
           query, "such a vacuum gives way to nobody, and may come in the middle of a run", fix});
    }
  }
  return found;
}

Findings judge_uses(const Uses& before, const Uses& after, const TableReferences& references, Part stale,
                    const std::string& side, Duration observed) {
  Findings found;
  for (const auto& [table, now] : after) {
    const auto then = before.find(table);
    if (references.part_of(table) != stale || then == before.end()) continue;
    // Logical replication finds each row that it changes with one scan.
    const auto changed = now.changed - then->second.changed;
    const auto read = now.scans - then->second.scans - changed;
    if (read <= 0) continue;
    found.push_back({"workload.stale_copy_is_read", Severity::warning, fmt::format("table {} on {}", table.sql(), side),
                     fmt::format("{} scans within {} that no logical replication explains", read, to_text(observed)),
                     fmt::format("SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relid = {}::regclass",
                                 postgres::quote_literal(table.sql())),
                     "somebody reads the copy that is not kept up to date",
                     "find who it is (check --observe) and lead it to the other side"});
  }
  return found;
}

Findings judge_lag(std::vector<Bytes> lags, const std::string& side, const std::string& observed) {
  if (lags.empty()) return {};
  const auto now = lags.back();
  std::sort(lags.begin(), lags.end());
  const auto at = [&](double share) {
    return lags[static_cast<std::size_t>(std::lround(share * static_cast<double>(lags.size() - 1)))];
  };
  if (at(0.5) <= far_behind) return {};
  return {{"workload.replication_lag", Severity::warning, side,
           fmt::format("{} behind now; p50 {}, p95 {}, most {} ({})", to_text(now), to_text(at(0.5)), to_text(at(0.95)),
                       to_text(lags.back()), observed),
           "SELECT application_name, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), replay_lsn) FROM pg_stat_replication",
           "the window waits until the target has replayed it all, while clients wait",
           "find what holds it up: a long query or a paused replay on the target, its disk, the network"}};
}

}  // namespace pgcleave::checks

#include "compare/following.h"

#include <algorithm>
#include <optional>

#include "base/format.h"
#include "base/units.h"
#include "postgres/replication.h"
#include "postgres/wal.h"

namespace pgcleave::compare {
namespace {

constexpr std::uint64_t page_header = 24;
constexpr std::uint64_t segment_header = 40;
constexpr auto between_looks = std::chrono::milliseconds(2);
constexpr auto until_flushed = std::chrono::milliseconds(500);
constexpr auto longest_wait = std::chrono::hours(24);

// A commit is seen by others before it is flushed where it is asynchronous, so the position is the one of what is
// inserted.
Result<Lsn> insert_position(postgres::Connection& original, Deadline deadline) {
  TRY_ASSIGN(const auto rows,
             original.query("SELECT pg_catalog.pg_current_wal_insert_lsn() AS lsn, (SELECT setting FROM "
                            "pg_catalog.pg_settings WHERE name = 'wal_block_size') AS page, (SELECT setting FROM "
                            "pg_catalog.pg_settings WHERE name = 'wal_segment_size') AS segment",
                            {}, deadline));
  TRY_ASSIGN(const auto lsn, rows.lsn(0, "lsn"));
  return end_of_records(lsn, static_cast<std::uint64_t>(rows.number(0, "page")),
                        static_cast<std::uint64_t>(rows.number(0, "segment")));
}

// A worker handles what it receives in order, so what lies before the last position that it has heard of (latest_end)
// is applied, also where there was nothing to apply. The replication origin moves before a transaction is seen by
// others, which may take as long as a synchronous standby does (RecordTransactionCommit, 15): it is seen when no worker
// is in a transaction that writes.
Result<Reached> applied_by(const std::string& subscription, postgres::Connection& copy, Deadline deadline) {
  TRY_ASSIGN(const auto seen, postgres::subscription(copy, subscription, deadline));
  if (!seen)
    return fail({ErrorKind::not_ready, "subscription " + subscription, "is gone from " + copy.name(), "", "",
                 "see: pgcleave status", ""});
  TRY_ASSIGN(const auto writing, copy.query("SELECT FROM pg_catalog.pg_stat_subscription w "
                                            "JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid "
                                            "WHERE w.subname = $1 AND a.backend_xid IS NOT NULL",
                                            {subscription}, deadline));
  return Reached{writing.empty() ? std::max(seen->applied, seen->latest_end) : seen->latest_end, seen->applied};
}

}  // namespace

Lsn end_of_records(Lsn insert, std::uint64_t page, std::uint64_t segment) {
  if (segment != 0 && insert.position % segment == segment_header) return Lsn{insert.position - segment_header};
  if (page != 0 && insert.position % page == page_header) return Lsn{insert.position - page_header};
  return insert;
}

Following no_following() {
  return {};
}

Following by_replay() {
  return {
      insert_position,
      [](postgres::Connection& copy, Deadline deadline) -> Result<Reached> {
        TRY_ASSIGN(const auto seen, postgres::recovery(copy, deadline));
        if (seen.in_recovery) return Reached{seen.replayed, seen.replayed};
        return fail({ErrorKind::conflict, copy.name(), "was promoted meanwhile", "a standby", "", "compare again", ""});
      },
      "replay of the standby"};
}

Following by_subscription(const std::string& name) {
  return {insert_position,
          [name](postgres::Connection& copy, Deadline deadline) { return applied_by(name, copy, deadline); },
          "subscription " + name, true};
}

Result<void> wait_until_followed(const Following& following, Pair& pair, Lsn position, Duration patience,
                                 const StopFlag* stop) {
  auto& copy = pair.copy();
  bool flushed = false;
  Lsn furthest;
  auto since = Monotonic::now();
  std::optional<Lsn> committing;
  const auto look = [&]() -> Result<bool> {
    TRY_ASSIGN(const auto reached, following.reached(copy, Deadline::in(patience).for_one_read()));
    if (reached.seen >= position) return true;
    if (reached.committing >= position) {
      if (committing && reached.committing > *committing) return true;  // a later transaction: that one is over
      committing = reached.committing;
    }
    if (const auto now = std::max(reached.seen, reached.committing); now > furthest) {
      furthest = now;
      since = Monotonic::now();
    }
    const auto still_for = Monotonic::now() - since;
    if (!flushed && still_for > until_flushed) {
      TRY(postgres::flush_wal(pair.original(), position, Deadline::in(patience).for_one_read()));
      flushed = true;
    }
    if (still_for < patience) return false;
    return fail({ErrorKind::timed_out, following.text, "stands still",
                 fmt::format("it reaches {} within {}", position.text(), to_text(patience)),
                 fmt::format("{}, {} behind", reached.seen.text(), to_text(position.ahead_of(reached.seen))),
                 "see pgcleave status, and PostgreSQL's log on " + copy.name(), ""});
  };
  return wait_until(fmt::format("{} has reached {}", copy.name(), position.text()), Deadline::in(longest_wait),
                    between_looks, stop, look);
}

}  // namespace pgcleave::compare

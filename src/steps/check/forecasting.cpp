#include "steps/check/forecasting.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/locks.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "world/link.h"

namespace pgcleave::steps {
namespace {

constexpr Duration rate_taken_over = std::chrono::milliseconds(250);
// Where hardly anything is written the rate says nothing of how fast the other side is.
constexpr std::int64_t least_speed = 1024 * 1024;
constexpr std::int64_t least_calls = 5;  // fewer tell nothing of a statement's usual time

// How far the other side is: what it has replayed while it is a standby, what it has applied afterwards.
Result<Lsn> reached(World& world, Side& to, Deadline deadline) {
  TRY_ASSIGN(auto* leader, to.leader(deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, deadline));
  if (recovery.in_recovery) return recovery.replayed;
  const auto link = link_into(world, to);
  TRY_ASSIGN(const auto subscription, postgres::subscription(*leader, link.name, deadline));
  if (!subscription)
    return fail({ErrorKind::not_ready, to.label(), "is neither a standby nor a subscriber", "",
                 "no subscription " + link.name, "", ""});
  return std::max(subscription->applied, subscription->latest_end);
}

// Of those that write moved tables, also round the bouncers, and of those for which PAUSE waits.
Result<void> read_transactions(World& world, postgres::Connection& serving, Forecast& out, Deadline deadline) {
  TRY_ASSIGN(const auto writers, postgres::writers(serving, world.split.name, world.split.names(), deadline));
  TRY_ASSIGN(const auto active, world.fleet.active_servers(deadline));
  std::vector<int> pids;
  for (const auto& one : active) pids.push_back(one.server_pid);
  for (const auto& one : writers) {
    if (one.pid != 0) pids.push_back(one.pid);
  }
  TRY_ASSIGN(const auto open, postgres::open_transactions(serving, pids, deadline));
  const auto add = [&](Duration age, Duration rest, const std::string& who) {
    ++out.transactions;
    out.oldest_transaction = std::max(out.oldest_transaction, age);
    if (rest < out.still_to_come) return;
    out.still_to_come = rest;
    out.whose = who;
  };
  for (const auto& one : open) add(one.age, still_to_come(one), one.text());
  // A prepared transaction has no session, and ends when somebody ends it.
  for (const auto& one : writers) {
    if (one.pid == 0) add(one.transaction_age, one.transaction_age, one.text());
  }
  return {};
}

}  // namespace

Duration still_to_come(const postgres::OpenTransaction& transaction) {
  const auto as_long_again = transaction.age;
  if (transaction.idle || !transaction.usual || transaction.usual->calls < least_calls) return as_long_again;
  const auto& usual = *transaction.usual;
  const auto nearly_all = std::min(usual.mean + 2 * usual.spread, usual.longest);
  const auto end = transaction.statement_age < nearly_all ? nearly_all : usual.longest;
  if (transaction.statement_age >= end) return as_long_again;
  const auto rest = end - transaction.statement_age;
  return transaction.single_statement ? rest : std::max(rest, as_long_again);
}

double Forecast::expected_ms() const {
  return rehearsed.p90_ms + milliseconds(still_to_come) + milliseconds(to_catch_up);
}

std::string Forecast::text() const {
  // What is in the way now is no forecast: how long the window itself takes was never measured.
  const auto practised =
      rehearsed.rounds == 0
          ? std::string("unknown, since this runbook was never rehearsed")
          : fmt::format("{:.0f} ms expected: p50 {:.0f} ms, p90 {:.0f} ms, max {:.0f} ms in {} rehearsals",
                        expected_ms(), rehearsed.p50_ms, rehearsed.p90_ms, rehearsed.max_ms, rehearsed.rounds);
  const auto in_the_way = transactions == 0
                              ? std::string("no transaction is open in the pools")
                              : fmt::format("{} transactions are open, the oldest for {}; the last may end in {} ({})",
                                            transactions, to_text(oldest_transaction), to_text(still_to_come), whose);
  return fmt::format("{}; now: {}; {} behind at {}/s of WAL ({})", practised, in_the_way, to_text(lag),
                     to_text(wal_per_second), to_text(to_catch_up));
}

Result<Forecast> forecast(World& world, runbook::PhaseKind window, Deadline deadline) {
  const bool back = runbook::is_rollback(window);
  auto& serves = back ? world.target : world.source;
  Forecast out;
  out.rehearsed = world.known.pause_in(window);
  TRY_ASSIGN(auto* serving, serves.leader(deadline));
  TRY(read_transactions(world, *serving, out, deadline));
  TRY_ASSIGN(const auto before, postgres::current_lsn(*serving, deadline));
  const auto began = Monotonic::now();
  sleep_until(Deadline::in(rate_taken_over), rate_taken_over, nullptr);
  TRY_ASSIGN(const auto other, reached(world, world.other(serves), deadline));
  TRY_ASSIGN(const auto now, postgres::current_lsn(*serving, deadline));
  const double seconds = std::chrono::duration<double>(Monotonic::now() - began).count();
  out.lag = now.ahead_of(other);
  out.wal_per_second = Bytes{static_cast<std::int64_t>(static_cast<double>(now.ahead_of(before).count) / seconds)};
  const auto speed = static_cast<double>(std::max(out.wal_per_second.count, least_speed));
  out.to_catch_up = Duration(static_cast<std::int64_t>(static_cast<double>(out.lag.count) / speed * 1e6));
  return out;
}

}  // namespace pgcleave::steps

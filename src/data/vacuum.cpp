#include "data/vacuum.h"

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::data {
namespace {

constexpr auto time_to_see = std::chrono::seconds(10);
constexpr auto between_looks_at_brake = std::chrono::seconds(1);

// Autovacuum at work on the table would have to be waited for, and would be cancelled after a while.
bool may_vacuum(const Indication& now) {
  return now.speed == Speed::go || (now.speed == Speed::slow && now.name != "autovacuum");
}

Result<std::string> vacuum_in_words(postgres::Connection& session, int pid) {
  TRY_ASSIGN(const auto rows, session.query("SELECT relid::regclass::text AS name, phase, heap_blks_scanned AS done, "
                                            "heap_blks_total AS blocks FROM pg_catalog.pg_stat_progress_vacuum WHERE "
                                            "pid = $1::int",
                                            {std::to_string(pid)}, Deadline::in(time_to_see)));
  if (rows.empty()) return std::string();
  return fmt::format("vacuum of {}: {}, {} of {} blocks read", rows.text(0, "name"), rows.text(0, "phase"),
                     rows.number(0, "done"), rows.number(0, "blocks"));
}

// One leaf to its end, however often it has to wait.
Result<void> vacuum_leaf(const Leaf& leaf, BuildSession& session, Brake& brake) {
  while (true) {
    for (auto now = brake.look({leaf.oid}); !may_vacuum(now); now = brake.look({leaf.oid})) {
      session.tell("waits: " + now.why);
      TRY(session.rest(between_looks_at_brake));
    }
    const auto done = session.run(fmt::format("VACUUM (ANALYZE) {}", leaf.name.sql()));
    if (done) return {};
    if (done.error().kind != ErrorKind::waiting) return fail(done.error());
    session.tell("vacuum of " + leaf.name.sql() + " was cancelled: " + done.error().what);
  }
}

}  // namespace

double DeadRows::percent() const {
  return dead + live > 0 ? 100.0 * static_cast<double>(dead) / static_cast<double>(dead + live) : 0;
}

Result<std::vector<DeadRows>> read_dead_rows(postgres::Connection& connection, const Table& table, Deadline deadline) {
  std::vector<DeadRows> all;
  for (const auto& leaf : table.leaves) {
    TRY_ASSIGN(const auto rows, connection.query("SELECT pg_catalog.pg_stat_get_dead_tuples($1::oid) AS dead, "
                                                 "pg_catalog.pg_stat_get_live_tuples($1::oid) AS live",
                                                 {std::to_string(leaf.oid)}, deadline));
    all.push_back({leaf, rows.number(0, "dead"), rows.number(0, "live")});
  }
  return all;
}

Result<std::vector<DeadRows>> vacuum(const VacuumRequest& request, BuildSurroundings around, Brake::Session beside) {
  Brake brake(request.limits, std::move(beside));
  std::vector<std::uint32_t> under_way;
  around.settings =
      fmt::format("SET vacuum_cost_delay TO '{}ms'", static_cast<double>(request.cost_delay.count()) / 1000);
  around.progress = vacuum_in_words;
  around.hold = [&]() -> std::optional<std::string> {
    const auto now = brake.look(under_way);
    return now.speed == Speed::stop ? std::optional(now.why) : std::nullopt;
  };
  BuildSession session(std::move(around));
  TRY_ASSIGN(auto* watcher, session.watcher());
  TRY_ASSIGN(const auto table, read_table(*watcher, request.table, Deadline::in(time_to_see)));
  TRY_ASSIGN(const auto leaves, read_dead_rows(*watcher, table, Deadline::in(time_to_see)));
  std::vector<DeadRows> vacuumed;
  for (const auto& one : leaves) {
    if (one.percent() < request.least_percent) continue;
    under_way = {one.leaf.oid};
    TRY(vacuum_leaf(one.leaf, session, brake));
    vacuumed.push_back(one);
  }
  return vacuumed;
}

}  // namespace pgcleave::data

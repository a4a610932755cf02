#include "steps/ownership/ready_to_release.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/dependencies.h"
#include "postgres/locks.h"
#include "postgres/transactions.h"
#include "postgres/wal.h"
#include "steps/check/checking.h"
#include "world/table_obstacles.h"

namespace pgcleave::steps {
namespace {

using postgres::PreparedTransaction;

// A transaction manager's come and go within milliseconds: those that stay this long are meant.
constexpr auto patience_for_prepared = std::chrono::seconds(2);

std::string how_to_end(const std::string& gid) {
  return fmt::format("COMMIT PREPARED {0} or ROLLBACK PREPARED {0}", postgres::quote_literal(gid));
}

// A refused run is undone and begun anew; one whose window was undone is resumed.
std::string how_to_fence(const Side& side, const char* on_source) {
  return side.which() == fence::Owner::source ? on_source : "fence it: pgcleave run runbooks/fence.yml";
}

// The promotion is still to come, and copies every prepared transaction of the source.
bool promotion_to_come(Context& context) {
  if (context.on().which() != fence::Owner::source) return false;
  const auto patience = context.deadline.or_earlier(Deadline::in(std::chrono::seconds(2)));
  auto leader = context.world.target.leader(patience);
  if (!leader) return true;
  const auto recovery = postgres::recovery(**leader, patience);
  return !recovery || recovery->in_recovery;
}

// Those that were there at first and stay.
Result<std::vector<PreparedTransaction>> lasting_prepared(Context& context, postgres::Connection& leader) {
  TRY_ASSIGN(auto lasting, postgres::prepared_transactions(leader, context.deadline));
  const auto patience = Deadline::in(patience_for_prepared);
  while (!lasting.empty() && sleep_until(patience, std::chrono::milliseconds(50), context.stop)) {
    TRY_ASSIGN(const auto now, postgres::prepared_transactions(leader, context.deadline));
    std::erase_if(lasting, [&](const auto& one) { return std::find(now.begin(), now.end(), one) == now.end(); });
    if (patience.passed()) break;
  }
  return lasting;
}

Result<void> find_prepared(Context& context, postgres::Connection& leader, Findings& findings) {
  if (promotion_to_come(context)) {
    TRY_ASSIGN(const auto lasting, lasting_prepared(context, leader));
    for (const auto& one : lasting)
      findings.add("prepared transaction " + one.text(), "the promotion would copy it; " + how_to_end(one.gid));
    return {};
  }
  TRY_ASSIGN(const auto writers,
             postgres::writers(leader, context.world.split.name, context.world.split.names(), context.deadline));
  for (const auto& writer : writers) {
    if (writer.pid == 0) findings.add(writer.text(), "the drain can't end it; " + how_to_end(writer.prepared));
  }
  return {};
}

}  // namespace

Result<void> ready_to_release(Context& context) {
  auto& world = context.world;
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto tables, tables_on(world, side, context.deadline));
  TRY_ASSIGN(const auto drift, fence::fence_drift(*leader, world.fence(), tables.split.names(), context.deadline));
  TRY_ASSIGN(const auto obstacles, table_obstacles(*leader, tables.split, context.deadline));
  Findings findings;
  for (const auto& table : drift.missing)
    findings.add("table " + table.sql(), "has no fence, so nothing would keep clients from writing it; " +
                                             how_to_fence(side, "the next run fences it"));
  for (const auto& obstacle : obstacles)
    findings.add("table " + obstacle.table.sql(), obstacle.what + "; " + obstacle.fix);
  TRY(find_prepared(context, *leader, findings));
  if (findings.empty()) return {};
  return fail({ErrorKind::not_ready, side.label(), "ownership can't be released: " + findings.text(), "", "",
               "correct this, then try again", ""});
}

Result<void> all_fenced_after_release(Context& context, postgres::Connection& leader) {
  TRY_ASSIGN(const auto unfenced,
             postgres::unfenced_children(leader, context.world.split.name, context.deadline.for_one_read()));
  if (unfenced.empty()) return {};
  std::string names;
  for (const auto& table : unfenced) names += (names.empty() ? "" : ", ") + table.sql();
  return fail({ErrorKind::not_ready, context.on().label(),
               "was created since the fence was installed and has no fence: nothing keeps clients from writing it", "",
               names, how_to_fence(context.on(), "pgcleave resume fences it"), ""});
}

}  // namespace pgcleave::steps

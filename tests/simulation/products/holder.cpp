// Who acts on a split, as the databases tell it (src/fence/holder.cpp says it in SQL).
#include "fence/holder.h"

#include <algorithm>

#include "base/format.h"
#include "fence/sql/witness.h"
#include "products/wire.h"

namespace pgcleave::fence {

using simulation::change_on;
using simulation::Database;
using simulation::LogRow;
using simulation::reach;
using simulation::Server;
using simulation::universe;

namespace {

int highest_epoch(const Database& db) {
  int top = 0;
  for (const auto& row : db.ownership_log) top = std::max(top, row.epoch);
  return top;
}

// One transaction: the holder's row, then a row in the log that only raises the epoch.
void sign(Server& server, const Holder& me, bool take_over) {
  const auto& db = server.db;
  const bool outranked = std::any_of(db.ownership_log.begin(), db.ownership_log.end(), [&](const LogRow& row) {
    return row.epoch > me.epoch || (row.epoch == me.epoch && row.run != me.run);
  });
  if (outranked) return;
  if (db.holder && !db.holder->over && !take_over && !me.continues(*db.holder)) return;
  const int owner = static_cast<int>(db.owner);
  const bool in_log = std::any_of(db.ownership_log.begin(), db.ownership_log.end(),
                                  [&](const LogRow& row) { return row.epoch == me.epoch && row.run == me.run; });
  server.commit(universe().now, [me, owner, in_log](Database& there) {
    there.holder = me;
    there.holder->over = false;
    if (!in_log) there.ownership_log.push_back({me.run, me.epoch, owner, owner});
  });
}

}  // namespace

bool Holder::continues(const Holder& earlier) const {
  return run == earlier.run && host == earlier.host && journal == earlier.journal;
}

std::string journal_of_file(const std::string& path, const std::string&) {
  return path;
}

std::string path_of_journal(const std::string& journal) {
  return journal;
}

std::string Holder::text() const {
  return fmt::format("run {} by {}", run, by);
}

Result<Held> held(postgres::Connection& connection, const std::string&, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  const auto witness = read_witness(simulation::witness_of(*server));
  return Held{server->db.installed, server->db.holder,
              std::max(highest_epoch(server->db), witness ? witness->epoch : 0)};
}

Result<bool> hold(postgres::Connection& primary, const std::string& split, const Holder& me, bool take_over,
                  Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(primary, deadline));
  if (server->in_recovery || !server->db.installed) return false;
  TRY(change_on(primary, fmt::format("hold at epoch {}", me.epoch), deadline, [&](Server& there) -> Result<void> {
    sign(there, me, take_over);
    return {};
  }));
  TRY_ASSIGN(const auto seen, held(primary, split, deadline));
  if (seen.holder && me.continues(*seen.holder) && seen.holder->epoch == me.epoch) return true;
  const bool other = seen.holder && !seen.holder->over && !me.continues(*seen.holder);
  return fail(
      {other ? ErrorKind::held : ErrorKind::conflict, primary.name(), "the split could not be signed", "", "", "", ""});
}

Result<bool> release_lease(postgres::Connection& primary, const std::string&, const std::string& run,
                           Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(primary, deadline));
  if (server->in_recovery || !server->db.installed) return false;
  TRY(change_on(primary, "let go", deadline, [&](Server& there) -> Result<void> {
    if (there.db.holder && there.db.holder->run == run)
      there.commit(universe().now, [](Database& db) { db.holder->over = true; });
    return {};
  }));
  return true;
}

}  // namespace pgcleave::fence

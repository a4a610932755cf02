#include "model/server.h"

#include <algorithm>
#include <cstdlib>

#include "base/format.h"
#include "fence/sql/witness.h"
#include "model/clients.h"
#include "model/universe.h"

namespace pgcleave::simulation {
namespace {

using fence::Owner;

constexpr std::uint64_t bytes_of_a_commit = 128;

// Keys mostly come in ascending order.
void insert(Database& db, const Row& row) {
  if (row.canary == nullptr) {
    db.rows.insert_or_assign(db.rows.end(), row.key, row.id);
  } else {
    db.canaries[row.canary->table].insert(row.canary->token);
  }
}

}  // namespace

std::uint64_t bit_of(const std::string& publication) {
  static std::vector<std::string> known;
  const auto there = std::find(known.begin(), known.end(), publication);
  const auto at = there - known.begin();
  if (there == known.end()) known.push_back(publication);
  if (at >= 64) std::abort();
  return std::uint64_t{1} << at;
}

bool Server::lets_write(const postgres::TableName& table) const {
  if (!writable()) return false;
  if (!db.installed || !db.fenced.contains(table)) return true;
  if (db.owner != which) return false;
  const auto text = witness_of(*this);
  if (text.empty()) return true;  // asked at each step of a trial
  const auto witness = fence::read_witness(text);
  return !witness || witness->owner == which || witness->epoch < db.epoch;
}

std::uint64_t Server::commit(Instant now, std::function<void(Database&)> apply, std::optional<Row> row) {
  end += bytes_of_a_commit;
  Change change{end, now, std::move(apply), std::move(row)};
  if (change.row) {
    const auto& table = change.row->canary == nullptr ? moved_table() : change.row->canary->table;
    // pgoutput reads a publication as the catalog was when the change was made (PostgreSQL 15).
    for (const auto& [name, publication] : db.publications) {
      const auto& tables = publication.tables;
      if (publication.open && std::find(tables.begin(), tables.end(), table) != tables.end())
        change.published |= bit_of(name);
    }
  }
  if (change.apply) change.apply(db);
  if (change.row) insert(db, *change.row);
  wal.push_back(std::move(change));
  return end;
}

void replay(Server& standby, const Server& primary, Instant until) {
  if (standby.left_behind) return;
  auto next = std::upper_bound(primary.wal.begin(), primary.wal.end(), standby.end,
                               [](std::uint64_t lsn, const Change& change) { return lsn < change.lsn; });
  for (; next != primary.wal.end() && next->at <= until; ++next) {
    if (next->apply) next->apply(standby.db);
    if (next->row) insert(standby.db, *next->row);
    standby.end = next->lsn;
  }
}

void apply_logical(Server& subscriber, const std::string& name, Server& publisher, Instant now, Instant until) {
  const auto& subscription = subscriber.db.subscriptions.at(name);
  auto slot = publisher.slots.find(subscription.slot);
  const bool runs = subscriber.writable() && publisher.writable() && subscription.enabled && subscription.errors == 0 &&
                    slot != publisher.slots.end() && slot->second.plugin == "pgoutput";
  if (slot != publisher.slots.end()) slot->second.active = runs;
  if (!runs) return;
  const auto from = std::max(subscription.origin, slot->second.confirmed);
  auto next = std::upper_bound(publisher.wal.begin(), publisher.wal.end(), from,
                               [](std::uint64_t lsn, const Change& change) { return lsn < change.lsn; });
  for (; next != publisher.wal.end() && next->at <= until; ++next) {
    auto& applied = subscriber.db.subscriptions.at(name);
    // A transaction with nothing to send is skipped, and the origin does not pass it (PostgreSQL 15).
    if (next->row && (next->published & bit_of(subscription.publication)) != 0) {
      const auto row = *next->row;
      const auto there = subscriber.db.rows.find(row.key);
      if (row.canary == nullptr && there != subscriber.db.rows.end()) {
        ++applied.errors;  // duplicate key: the worker ends, and would end again
        return;
      }
      const auto lsn = next->lsn;
      subscriber.commit(
          now,
          [name, lsn](Database& db) {
            if (const auto known = db.subscriptions.find(name); known != db.subscriptions.end())
              known->second.origin = lsn;
          },
          row);
    }
    subscriber.db.subscriptions.at(name).latest_end = next->lsn;
    slot->second.confirmed = next->lsn;
    slot->second.restart = next->lsn;
  }
}

std::string replica_of(const Server& server) {
  return fmt::format("{}-{}", server.scope, server.member + 1);
}

std::uint64_t flushed_by_replica(const Server& server, Instant until) {
  auto last = std::upper_bound(server.wal.begin(), server.wal.end(), until,
                               [](Instant at, const Change& change) { return at < change.at; });
  return last == server.wal.begin() ? server.wal_begins : (--last)->lsn;
}

std::optional<fence::Owner> owner_as_replica_has_it(const Server& server, Instant until) {
  Database db;
  static_cast<Contents&>(db) = server.in_recovery ? server.db : *server.before_wal;
  for (const auto& change : server.wal) {
    if (server.in_recovery || change.at > until) break;
    if (change.apply && !change.row) change.apply(db);
  }
  return db.installed ? std::optional(db.owner) : std::nullopt;
}

Database as_replica_has_it(const Server& server, Instant until) {
  if (server.in_recovery) return server.db;
  auto db = *server.before_wal;
  for (const auto& change : server.wal) {
    if (change.at > until) break;
    if (change.apply) change.apply(db);
    if (change.row) insert(db, *change.row);
  }
  return db;
}

void begin_wal(Server& server) {
  server.wal.clear();
  server.before_wal = std::make_shared<const Database>(server.db);
  server.wal_begins = server.end;
}

std::vector<WriteId> fail_over(Server& server, Instant until) {
  const auto lost =
      std::find_if(server.wal.begin(), server.wal.end(), [&](const Change& change) { return change.at > until; });
  std::vector<WriteId> writes;
  for (auto change = lost; change != server.wal.end(); ++change) {
    if (change->row && change->row->canary == nullptr) writes.push_back(change->row->id);
  }
  const auto given_out = server.db.last_key;
  server.db = as_replica_has_it(server, until);
  server.wal.erase(lost, server.wal.end());
  server.db.last_key = given_out;  // sequences are logged 32 values ahead
  server.end = server.wal.empty() ? server.wal_begins : server.wal.back().lsn;
  server.redo = std::min(server.redo, server.end);
  std::erase_if(server.slots, [](const auto& slot) { return !slot.second.plugin.empty(); });
  server.branched_at = server.end;
  ++server.timeline;
  ++server.incarnation;
  ++server.member;
  return writes;
}

void promote(Server& standby) {
  standby.in_recovery = false;
  ++standby.timeline;
  standby.branched_at = standby.end;
  begin_wal(standby);
}

void become_standby(Server& server, const Server& primary) {
  server.in_recovery = true;
  server.db = primary.db;
  server.end = primary.end;
  server.redo = primary.redo;
  server.timeline = primary.timeline;
  server.branched_at.reset();
  server.left_behind = false;
  begin_wal(server);
  server.slots.clear();
  ++server.incarnation;
}

}  // namespace pgcleave::simulation

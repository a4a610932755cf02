#include "steps/way_back.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "postgres/columns.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/link.h"

namespace pgcleave::steps {
namespace {

class Look {
 public:
  Look(World& world, postgres::Connection& source, postgres::Connection& target, Deadline deadline)
      : world_(world), link_(reverse_link(world)), source_(source), target_(target), deadline_(deadline) {}

  Result<WayBack> run() {
    TRY_ASSIGN(const auto subscription, postgres::subscription(source_, link_.name, deadline_));
    TRY_ASSIGN(const auto slot, postgres::slot(target_, link_.name, deadline_));
    if (!subscription || !slot) {
      lose(fmt::format("{} {} is gone", !subscription ? "subscription" : "slot", link_.name), "all that the target wrote since then");
      return seen_;
    }
    TRY(flow(*subscription, *slot));
    TRY(published_tables());
    TRY(definitions());
    return seen_;
  }

 private:
  void lose(const std::string& why, const std::string& what) { seen_.losses.push_back(why + ": a rollback would lose " + what); }
  [[nodiscard]] std::string since(Lsn applied) const {
    return fmt::format("what the target wrote since {}, {} of WAL", applied.text(), to_text(seen_.lag));
  }

  Result<void> flow(const postgres::Subscription& subscription, const postgres::Slot& slot) {
    TRY_ASSIGN(const auto now, postgres::current_lsn(target_, deadline_));
    const auto through = std::max({subscription.applied, subscription.latest_end, slot.confirmed});
    seen_.worker = subscription.worker;
    seen_.apply_errors = subscription.apply_errors;
    seen_.lag = now.ahead_of(through);
    seen_.held = now.ahead_of(slot.restart);
    if (slot.wal_status == "lost") lose("slot " + link_.name + " has lost WAL that it needs", since(through));
    if (!subscription.enabled) {
      lose("subscription " + link_.name + " is disabled", since(through));
    } else if (!subscription.worker && subscription.apply_errors > 0) {
      lose(fmt::format("applying on {} has stopped after {} errors (see PostgreSQL's log there)", world_.source.label(),
                       subscription.apply_errors),
           since(through));
    }
    return {};
  }

  Result<void> published_tables() {
    TRY_ASSIGN(const auto publication, postgres::publication(target_, link_.name, deadline_));
    if (!publication || !publication->open) {
      lose(fmt::format("publication {} is {}", link_.name, publication ? "closed" : "gone"), "all that the target wrote since then");
      return {};
    }
    const std::set<postgres::TableName> published(publication->tables.begin(), publication->tables.end());
    TRY_ASSIGN(const auto here, postgres::tables(source_, deadline_));
    TRY_ASSIGN(const auto there, postgres::tables(target_, deadline_));
    std::set<postgres::TableName> known;
    for (const auto& table : here) known.insert(table.name);
    std::set<postgres::TableName> moved;
    for (const auto& table : world_.split.names()) moved.insert(table);
    for (const auto& table : there) {
      if (!table.holds_rows) continue;
      if (known.count(table.name) == 0) {
        lose(fmt::format("table {} exists on {} only", table.name.sql(), world_.target.label()), "its rows");
      } else if (moved.count(table.name) > 0 && published.count(table.name) == 0) {
        lose(fmt::format("table {} is not published", table.name.sql()), "what was written to it");
      } else if (moved.count(table.name) > 0 && !table.has_replica_identity) {
        lose(fmt::format("table {} has no replica identity, so its updates and deletes fail", table.name.sql()), "them");
      }
    }
    return {};
  }

  // Apply stops at the first row with a column that the other side lacks.
  Result<void> definitions() {
    const auto tables = world_.split.with_rows();
    TRY_ASSIGN(const auto here, postgres::columns(source_, tables, deadline_));
    TRY_ASSIGN(const auto there, postgres::columns(target_, tables, deadline_));
    for (const auto& [table, columns] : there) {
      const auto same = here.find(table);
      if (same == here.end()) {
        lose(fmt::format("table {} is gone from {}", table.sql(), world_.source.label()), "its rows");
        continue;
      }
      for (const auto& [column, type] : columns) {
        const auto other = same->second.find(column);
        if (other != same->second.end() && other->second == type) continue;
        lose(fmt::format("table {} was altered: column {} is {} on {} and {} on {}; make it the same on both sides", table.sql(),
                         postgres::quote_identifier(column), type, world_.target.label(),
                         other == same->second.end() ? "missing" : other->second, world_.source.label()),
             "what comes after the first change of such a row");
      }
    }
    return {};
  }

  World& world_;
  Link link_;
  postgres::Connection& source_;
  postgres::Connection& target_;
  Deadline deadline_;
  WayBack seen_;
};

}  // namespace

std::string WayBack::text() const {
  return fmt::format("worker {}, {} behind, {} of WAL held, {} apply errors", worker ? "runs" : "does not run", to_text(lag), to_text(held),
                     apply_errors);
}

Result<WayBack> look_at_way_back(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(auto* target, world.target.leader(deadline));
  return Look(world, *source, *target, deadline).run();
}

}  // namespace pgcleave::steps

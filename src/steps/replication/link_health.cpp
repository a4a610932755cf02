#include "steps/replication/link_health.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "postgres/applying.h"
#include "postgres/catalog.h"
#include "postgres/replication.h"
#include "postgres/sql/row_counts.h"
#include "postgres/wal.h"
#include "world/owners.h"
#include "world/split_sequences.h"

namespace pgcleave::steps {
namespace {

class LinkInspection {
 public:
  LinkInspection(World& world, const world::Link& link, postgres::Connection& from, postgres::Connection& to,
                 Deadline deadline)
      : world_(world),
        link_(link),
        back_(link.from.which() == fence::Owner::target),
        from_(from),
        to_(to),
        deadline_(deadline) {}

  Result<LinkHealth> run(Depth depth) {
    TRY_ASSIGN(const auto subscription, postgres::subscription(to_, link_.name, deadline_));
    TRY_ASSIGN(const auto slot, postgres::slot(from_, link_.name, deadline_));
    // One of the two was taken away; without both it can't be told whether they ever were.
    if (!subscription && !slot) {
      lose(fmt::format("there is no replication to {}: neither subscription {} there nor a slot on {} exists",
                       link_.to.label(), link_.name, link_.from.label()),
           "all that " + link_.from.label() + " wrote");
      return seen_;
    }
    if (!subscription || !slot) {
      lose(fmt::format("{} {} is gone", !subscription ? "subscription" : "slot", link_.name),
           "all that " + link_.from.label() + " wrote since then");
      return seen_;
    }
    if (back_) TRY(stale_source());
    TRY(flow(*subscription, *slot));
    if (depth == Depth::flow) return seen_;
    TRY(rows_left_out(*subscription));
    TRY(row_security(*subscription));
    TRY(published_tables());
    TRY(definitions());
    TRY(sequences());
    return seen_;
  }

 private:
  void lose(const std::string& why, const std::string& what) {
    seen_.losses.push_back(fmt::format("{}: {} would lose {}", why, back_ ? "a rollback" : "the switchover", what));
  }
  [[nodiscard]] std::string since(Lsn applied) const {
    return fmt::format("what {} wrote since {}, {} of WAL", link_.from.label(), applied.text(), to_text(seen_.lag));
  }

  // Its worker may run, from a position behind which rows are missing.
  Result<void> stale_source() {
    TRY_ASSIGN(const auto on_target, fence::owner_state(from_, world_.split.name, fence::Owner::target, deadline_));
    TRY_ASSIGN(const auto on_source, fence::owner_state(to_, world_.split.name, fence::Owner::source, deadline_));
    const auto why = world::rollback_blocker(link_.to.label(), on_source, on_target);
    if (!why.empty()) lose(why, "those rows");
    return {};
  }

  Result<void> flow(const postgres::Subscription& subscription, const postgres::Slot& slot) {
    TRY_ASSIGN(const auto now, postgres::current_lsn(from_, deadline_));
    const auto through = std::max({subscription.applied, subscription.latest_end, slot.confirmed});
    // A failover to a member that was behind: what is written up to there would pass for applied already.
    if (subscription.applied > now) {
      lose(fmt::format("{} has applied up to {}, and {} has written up to {} only: it lost commits in a failover",
                       link_.to.label(), subscription.applied.text(), link_.from.label(), now.text()),
           "them, and what it writes up to there");
    }
    seen_.worker = subscription.worker;
    seen_.apply_errors = subscription.apply_errors;
    seen_.lag = now.ahead_of(through);
    seen_.held = now.ahead_of(slot.restart);
    if (slot.lost()) lose(fmt::format("slot {} {}", link_.name, slot.loss()), since(through));
    if (!subscription.enabled) {
      lose("subscription " + link_.name + " is disabled", since(through));
    } else if (!subscription.worker && subscription.apply_errors > 0) {
      lose(fmt::format("applying on {} has stopped after {} errors (see PostgreSQL's log there)", world_.source.label(),
                       subscription.apply_errors),
           since(through));
    }
    return {};
  }

  // A feed that began to write moved tables since the link was made.
  Result<void> rows_left_out(const postgres::Subscription& subscription) {
    if (!subscription.options.local_only) return {};
    TRY_ASSIGN(const auto others,
               postgres::other_origins(from_, published(world_, link_), link_names(world_), deadline_));
    for (const auto& other : others) {
      lose(fmt::format("{} on {} may write moved tables, and {} is sent only what clients wrote: ALTER SUBSCRIPTION {} "
                       "SET (origin = any)",
                       other, link_.from.label(), link_.to.label(), postgres::quote_identifier(link_.name)),
           "what it has brought");
    }
    return {};
  }

  // Row security that was forced on a table's owner since the link was made.
  Result<void> row_security(const postgres::Subscription& subscription) {
    if (subscription.options.as_owner) return {};
    TRY_ASSIGN(const auto security, postgres::row_security(to_, published(world_, link_), deadline_));
    for (const auto& table : security.forced) {
      const auto fix = security.bypassed ? fmt::format("ALTER SUBSCRIPTION {} SET (run_as_owner = true)",
                                                       postgres::quote_identifier(link_.name))
                                         : fmt::format("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", table.sql());
      lose(fmt::format("table {} on {} forces row security on its owner, as whom rows are applied: {}", table.sql(),
                       link_.to.label(), fix),
           "what comes after the first change of it");
    }
    return {};
  }

  Result<void> published_tables() {
    TRY_ASSIGN(const auto publication, postgres::publication(from_, link_.name, deadline_));
    if (!publication || !publication->open) {
      lose(fmt::format("publication {} is {}", link_.name, publication ? "closed" : "gone"),
           "all that " + link_.from.label() + " wrote since then");
      return {};
    }
    const std::set<postgres::TableName> published(publication->tables.begin(), publication->tables.end());
    TRY_ASSIGN(const auto there, postgres::tables(to_, deadline_));
    std::set<postgres::TableName> known;
    for (const auto& table : there) known.insert(table.name);
    TRY_ASSIGN(const auto now, tables_on(world_, link_.from, deadline_));
    for (const auto& table : now.split.moved) {
      if (!table.holds_rows) continue;
      const auto name = "table " + table.name.sql();
      if (!known.contains(table.name)) {
        TRY_ASSIGN(const auto rows, rows_of(from_, table.name));
        lose(fmt::format("{} exists on {} only", name, link_.from.label()), rows);
      } else if (!published.contains(table.name)) {
        lose(name + " is not published", "what was written to it");
      } else if (!table.identity_problem.empty()) {
        lose(fmt::format("{} has no replica identity ({}), so its updates and deletes fail", name,
                         table.identity_problem),
             "them");
      }
    }
    for (const auto& table : now.unclassified) {
      if (!known.contains(table))
        lose(fmt::format("table {} exists on {} only, and is in no class of the split file", table.sql(),
                         link_.from.label()),
             "its rows");
    }
    if (back_) TRY(tables_that_were_dropped(now.split.moved));
    // The target is rewound afterwards.
    for (const auto& table : now.split.kept) {
      if (back_ && table.holds_rows && !known.contains(table.name))
        lose(fmt::format("table {} exists on {} only", table.name.sql(), link_.from.label()), "its rows");
    }
    return {};
  }

  Result<std::string> rows_of(postgres::Connection& side, const postgres::TableName& table) {
    TRY_ASSIGN(const auto counts, postgres::row_counts(side, {table}, deadline_));
    return counts.empty() ? "its rows" : "its " + postgres::rows_in_words(counts.front().rows, counts.front().exact);
  }

  // Going back would bring up what the serving side has dropped, as it was when it was split. One that is gone on both
  // sides is no matter.
  Result<void> tables_that_were_dropped(const std::vector<postgres::Table>& moved) {
    std::set<postgres::TableName> names;
    for (const auto& table : moved) names.insert(table.name);
    TRY_ASSIGN(const auto other, tables_on(world_, link_.to, deadline_));
    for (const auto& table : other.split.moved) {
      if (!table.holds_rows || names.contains(table.name)) continue;
      TRY_ASSIGN(const auto rows, rows_of(to_, table.name));
      lose(fmt::format("table {} exists on {} only, with {}: drop it there too, if it was dropped on {}",
                       table.name.sql(), link_.to.label(), rows, link_.from.label()),
           "that it is gone");
    }
    return {};
  }

  // Apply stops at the first row with a column that the other side lacks.
  Result<void> definitions() {
    const auto tables = world_.split.with_rows();
    TRY_ASSIGN(const auto at_subscriber, postgres::columns(to_, tables, deadline_));
    TRY_ASSIGN(const auto at_publisher, postgres::columns(from_, tables, deadline_));
    for (const auto& [table, columns] : at_publisher) {
      const auto same = at_subscriber.find(table);
      if (same == at_subscriber.end()) {
        lose(fmt::format("table {} is gone from {}", table.sql(), link_.to.label()), "its rows");
        continue;
      }
      for (const auto& [column, type] : columns) {
        const auto other = same->second.find(column);
        if (other != same->second.end() && other->second == type) continue;
        lose(fmt::format("table {} was altered: column {} is {} on {} and {} on {}; make it the same on both sides",
                         table.sql(), postgres::quote_identifier(column), type, link_.from.label(),
                         other == same->second.end() ? "missing" : other->second, link_.to.label()),
             "what comes after the first change of such a row");
      }
    }
    return {};
  }

  // Neither replication carries what makes a sequence, and nobody goes on from one that is missing.
  Result<void> sequences() {
    TRY_ASSIGN(const auto now, sequences_on(world_, link_.from, deadline_));
    TRY_ASSIGN(const auto there, sequences_on(world_, link_.to, deadline_));
    for (const auto* names : {&now.moved, &now.unclassified}) {
      for (const auto& name : *names) {
        if (there.all.contains(name)) continue;
        lose(fmt::format("sequence {} exists on {} only{}; make it on {} too", name.sql(), link_.from.label(),
                         names == &now.moved ? "" : ", and is in no class of the split file", link_.to.label()),
             "the values that it gave out: they would come twice");
      }
    }
    return {};
  }

  World& world_;
  const world::Link& link_;
  bool back_;
  postgres::Connection& from_;
  postgres::Connection& to_;
  Deadline deadline_;
  LinkHealth seen_;
};

}  // namespace

std::string LinkHealth::text() const {
  return fmt::format("worker {}, {} behind, {} of WAL held, {} apply errors", worker ? "runs" : "does not run",
                     to_text(lag), to_text(held), apply_errors);
}

Result<LinkHealth> inspect_link(World& world, const world::Link& link, Deadline deadline, Depth depth) {
  TRY_ASSIGN(auto* from, link.from.leader(deadline));
  TRY_ASSIGN(auto* to, link.to.leader(deadline));
  return LinkInspection(world, link, *from, *to, deadline).run(depth);
}

Result<Observation> observe_link(Context& context, const world::Link& link, Bytes limit, Depth depth,
                                 LinkHealth* health) {
  TRY_ASSIGN(auto seen, inspect_link(context.world, link, context.deadline.for_one_read(), depth));
  const auto near = [&] { return seen.losses.empty() && seen.worker && seen.lag <= limit; };
  if (depth == Depth::flow && near()) {
    TRY_ASSIGN(seen, inspect_link(context.world, link, context.deadline.for_one_read()));
  }
  Observation observation;
  observation.outputs = {{"lag_bytes", seen.lag.count}};
  observation.evidence = seen.losses.empty() ? seen.text() : fmt::format("{}", fmt::join(seen.losses, "; "));
  if (!seen.losses.empty()) observation.state = State::conflict;
  if (near()) observation.state = State::done;
  if (health != nullptr) *health = std::move(seen);
  return observation;
}

}  // namespace pgcleave::steps

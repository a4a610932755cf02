// What a promoted side has of its own, and loses when it is made a standby again. PostgreSQL counts the rows that its
// sessions change; what a standby replays is not counted (15, tried), so the counters begin with the promotion.
#pragma once

#include <string>
#include <vector>

#include "postgres/writes.h"
#include "steps/step.h"

namespace pgcleave::steps {

// Tables whose rows no replication carries to the other side. Tables of no class and large objects are counted in any
// case.
struct CountedClasses {
  bool moved = true;
  bool kept = true;
  bool shared = true;
};
runbook::Parameter classes_parameter();
Result<CountedClasses> classes_of(const Context& context);

struct DiscardedWrites {
  struct Table {
    postgres::TableName name;
    std::string which;  // moved, kept, shared, or "" for a table of no class
    std::int64_t rows = 0;
  };
  std::vector<Table> tables;           // that were written, most rows first
  std::vector<std::string> uncounted;  // why the rows may be more; empty: they are all
  std::vector<std::string>
      exposed;              // tables that clients may write there once it is promoted, and that nobody replicates
  std::string promoted_at;  // in UTC; "" for a side that was never promoted
  bool standby = false;     // it has nothing of its own yet
  Duration quiet_for{};     // how long no client has begun or ended a statement there

  [[nodiscard]] bool nothing() const { return tables.empty() && uncounted.empty(); }
  [[nodiscard]] std::int64_t rows() const;
  // "2 rows of public.cfg and what cannot be counted"; "" for nothing. Of more than three tables only how many they
  // are.
  [[nodiscard]] std::string summary() const;
  // What a person types to give them up; "" for nothing.
  [[nodiscard]] std::string words() const;
  // A line for people that names the tables and the reasons.
  [[nodiscard]] std::string text(const Side& side) const;
  // rows, tables, uncounted, given_up (the summary), words, text
  [[nodiscard]] Json outputs(const Side& side) const;
};

// Reads only, on both sides: the other one tells whether this one was promoted again since, and which tables were
// rewritten. A standby has nothing of its own.
Result<DiscardedWrites> discarded_writes(World& world, Side& side, const CountedClasses& classes, Deadline deadline);

// The same, when sessions have handed in their counters: an idle one does so after ten seconds (PostgreSQL 15). No
// longer than `patience`.
Result<DiscardedWrites> settled_discarded_writes(Context& context, Side& side, const CountedClasses& classes,
                                                 Duration patience);

// Adds why there may be more, where the other side has another timeline than `then`, which it had when reverse
// replication to it began ("": not known). It had received rows, and PostgreSQL (15 to 17) told the slot so before its
// replicas had them; one that is promoted may lack them for ever, since the slot goes on behind them. So it is for this
// side where its leader goes on with a copy of the slot (17).
Result<void> add_failover(World& world, const Side& side, const std::string& then, DiscardedWrites& writes,
                          Deadline deadline);

// Idle sessions hand in their counters ten seconds after their last transaction at the latest (PGSTAT_IDLE_INTERVAL,
// 15).
constexpr auto counters_settle_within = std::chrono::seconds(11);

}  // namespace pgcleave::steps

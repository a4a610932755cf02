// The fence inside PostgreSQL: who owns the moved tables of a split, enforced by a trigger on each of them.
//
//   schema pgcleave
//     owner_<split>     sequence: 0 nobody, 1 source, 2 target. A sequence, since reading it ignores snapshots and
//     setval is
//                       seen at once, also by a REPEATABLE READ transaction that began before (PostgreSQL 15).
//     fence_<split>()   statement trigger: raises SQLSTATE 2F002 unless the owner is this side, known from cluster_name
//     pass_<split>(expected, next, run, epoch)  compare-and-set under an advisory lock. Called in two transactions: the
//     first
//                       announces in the log who will do it, the second sets; so no change is ever left unsigned
//     ownership_log     table: split, at, run, epoch, expected, next
//     holder            table: which run acts on a split (holder.h)
//     split_frozen, split_tables   tables: what was in a split when it was done (split_tables.h)
//     canary_source_<split>, canary_target_<split>   tables: token text primary key, at timestamptz: rows that prove a
//     path, by
//                       the side that writes them, since a row that is published both ways would run in circles. Not
//                       fenced.
//     probe_<split>     table: bouncer text primary key, n, at: what the prober writes through each bouncer while a
//     window is watched.
//                       Fenced as moved tables are, by a trigger pgcleave_probe_<split>, but on neither side's
//                       publication
//
// Everything is created in one place, is idempotent and reaches the standby by physical replication.
#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"
#include "postgres/catalog.h"

namespace pgcleave::fence {

enum class Owner { nobody = 0, source = 1, target = 2 };
const char* name_of(Owner owner);

struct Fence {
  std::string split;  // [a-z][a-z0-9_]{0,30}, checked by whoever reads the split file
  std::string source_cluster_name;
  std::string target_cluster_name;
};

// The statements that install schema, sequence, functions, canary and probe; no triggers on moved tables. Pure text.
std::string install_sql(const Fence& fence);

// True when schema, sequence, tables and functions are there and the functions' text is what this version would
// install.
Result<bool> is_installed(postgres::Connection& connection, const Fence& fence, Deadline deadline);
Result<void> install(postgres::Connection& primary, const Fence& fence, Deadline deadline);

// Moved tables (partitions included) without an enabled fence trigger, and tables that have one but should not.
struct FenceDrift {
  std::vector<postgres::TableName> missing;
  std::vector<postgres::TableName> superfluous;
};
Result<FenceDrift> fence_drift(postgres::Connection& connection, const Fence& fence,
                               const std::vector<postgres::TableName>& moved, Deadline deadline);

// Creates missing triggers, one table per transaction, each try under lock_timeout; a table in the way is retried until
// the deadline. `timed_out` names the blockers (locks.h). SHARE ROW EXCLUSIVE per table. Autovacuum only yields to who
// waits longer than deadlock_timeout (1 s by default): a shorter lock_timeout never gets past it (PostgreSQL 15).
Result<void> create_triggers(postgres::Connection& primary, const Fence& fence,
                             const std::vector<postgres::TableName>& tables, Duration lock_timeout, Deadline deadline,
                             const StopFlag* stop);
Result<void> drop_triggers(postgres::Connection& primary, const Fence& fence,
                           const std::vector<postgres::TableName>& tables, Duration lock_timeout, Deadline deadline,
                           const StopFlag* stop);
// Drops what install made for this split, and the schema if nothing else is left in it. Triggers must be gone.
Result<void> uninstall(postgres::Connection& primary, const Fence& fence, Deadline deadline);

// No value when the fence is not installed on this side.
Result<std::optional<Owner>> owner(postgres::Connection& connection, const std::string& split, Deadline deadline);

// Compare-and-set, one round trip. `conflict` with the owner seen when it is neither `expected` nor, by this same run,
// already `next`; also when a higher epoch has acted before, or another run is about to at the same one: a new run
// takes one more than the highest in the log (held(), holder.h). Idempotent for the same run, also under a higher
// epoch.
Result<void> pass_ownership(postgres::Connection& primary, const std::string& split, Owner expected, Owner next,
                            const std::string& run, int epoch, Deadline deadline);

}  // namespace pgcleave::fence

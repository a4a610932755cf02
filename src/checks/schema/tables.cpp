#include "checks/schema/tables.h"

#include <cmath>

#include "base/format.h"

namespace pgcleave::checks {

namespace {

using postgres::quote_identifier;
using postgres::quote_literal;

constexpr double nearly = 0.75;
constexpr double meant_to_be_short = 10'000;  // values between a sequence's start and its end

std::string regclass(const postgres::TableName& name) {
  return quote_literal(name.sql()) + "::regclass";
}

void judge_table(const postgres::Table& table, const std::string& side, Findings& found) {
  const auto object = fmt::format("table {} on {}", table.name.sql(), side);
  if (table.unlogged) {
    found.push_back(
        {"schema.unlogged_table", Severity::blocker, object, "it is unlogged",
         fmt::format("SELECT relpersistence FROM pg_class WHERE oid = {}", regclass(table.name)),
         "its rows are not in the WAL: on a promoted standby it is empty, and logical replication does not carry it",
         fmt::format("ALTER TABLE {} SET LOGGED", table.name.sql())});
  }
  if (table.holds_rows && !table.identity_problem.empty()) {
    found.push_back(
        {"schema.no_replica_identity", Severity::blocker, object, table.identity_problem,
         fmt::format("SELECT relreplident FROM pg_class WHERE oid = {}", regclass(table.name)),
         "as soon as it is published, for reverse replication too, UPDATE and DELETE of clients fail",
         table.unpublished.empty()
             ? fmt::format("give it a primary key, or: ALTER TABLE {} REPLICA IDENTITY FULL", table.name.sql())
             : "give it a primary key without these columns, or a unique index over columns that are NOT "
               "NULL and not generated, and REPLICA IDENTITY USING INDEX"});
  }
  if (table.holds_rows && !table.apply_problem.empty()) {
    found.push_back(
        {"schema.identity_not_applicable", Severity::blocker, object, table.apply_problem,
         fmt::format("SELECT relreplident FROM pg_class WHERE oid = {}", regclass(table.name)),
         "the other side finds an updated or deleted row by comparing all columns: replication stops at the first one",
         "give it a primary key, or a unique index over columns that are NOT NULL and REPLICA IDENTITY USING INDEX"});
  }
}

void judge_sequence(const SequenceColumn& one, const std::string& side, Findings& found) {
  const double whole = std::abs(static_cast<double>(one.limit) - static_cast<double>(one.start));
  const double used = std::abs(static_cast<double>(one.last) - static_cast<double>(one.start));
  if (one.cycles || whole < meant_to_be_short || used < whole * nearly) return;
  found.push_back({"schema.sequence_nearly_used_up", Severity::warning,
                   fmt::format("sequence {} on {}", one.sequence.sql(), side),
                   fmt::format("{:.0f} % are used: it is at {} of {}, and fills {}.{} of type {}", used / whole * 100,
                               one.last, one.limit, one.table.sql(), quote_identifier(one.column), one.type),
                   fmt::format("SELECT last_value FROM {}", one.sequence.sql()),
                   "each cutover skips values, and when it is used up every INSERT fails",
                   fmt::format("widen both to bigint: ALTER SEQUENCE {} AS bigint; for the column by way of a new one, "
                               "since ALTER TABLE {} "
                               "ALTER COLUMN {} TYPE bigint rewrites the table under a lock",
                               one.sequence.sql(), one.table.sql(), quote_identifier(one.column))});
}

}  // namespace

Findings judge_tables(const TablesSeen& seen) {
  Findings found;
  for (const auto& table : seen.moved) judge_table(table, seen.side, found);
  for (const auto& one : seen.sequences) judge_sequence(one, seen.side, found);
  for (const auto& one : seen.unvalidated) {
    found.push_back(
        {"schema.constraint_not_validated", Severity::note,
         fmt::format("constraint {} of table {} on {}", one.name, one.table.sql(), seen.side), one.definition,
         fmt::format("SELECT conname FROM pg_constraint WHERE NOT convalidated AND conrelid = {}", regclass(one.table)),
         "rows may break it, and a later dump or copy of the table stops at them",
         fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", one.table.sql(), quote_identifier(one.name))});
  }
  if (seen.large_objects > 0) {
    found.push_back({"schema.large_objects", Severity::warning, "large objects on " + seen.side,
                     seen.large_objects >= 1000 ? "a thousand or more" : fmt::format("{}", seen.large_objects),
                     "SELECT count(*) FROM pg_largeobject_metadata",
                     "they belong to no table: both sides have a copy after the split, and logical replication does "
                     "not carry them: a "
                     "rollback loses new ones",
                     "store them as bytea or outside of the database, or decide on which side they stay"});
  }
  return found;
}

Findings judge_obstacles(const std::vector<world::TableObstacle>& obstacles, const std::string& side) {
  Findings found;
  for (const auto& one : obstacles) {
    const bool crosses = one.kind == world::TableObstacle::Kind::crosses_by_inheritance;
    found.push_back(
        {crosses ? "schema.inheritance_crosses" : "schema.partition_half_detached", Severity::blocker,
         fmt::format("table {} on {}", one.table.sql(), side), one.what,
         fmt::format("SELECT inhparent::regclass, inhdetachpending FROM pg_inherits WHERE inhrelid = {}::regclass",
                     postgres::quote_literal(one.table.sql())),
         crosses ? "a statement that names the parent changes rows of the child too, and is stopped by the parent's "
                   "fence alone; its "
                   "readers see a stale copy of one of the two"
                 : "it takes writes of its own, but is neither published with its parent nor emptied with it, so its "
                   "rows would be "
                   "lost on the way; no run begins",
         crosses ? "put both into one class of the split file, or: " + one.fix : one.fix});
  }
  return found;
}

}  // namespace pgcleave::checks

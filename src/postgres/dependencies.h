// What depends on what in one database, as its catalog says, and its programs: the ground on which crossing is judged.
#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"
#include "postgres/catalog.h"

namespace pgcleave::postgres {

enum class DependencyKind { foreign_key, view, materialized_view, rule, policy, sequence_owner, sequence_use };

struct Dependency {
  DependencyKind kind = DependencyKind::view;
  std::string name;  // of the constraint, rule or policy; empty where `on` is the object
  TableName on;      // what depends: the table, view or sequence
  TableName uses;    // a table or view
};

struct Program {
  TableName name;
  std::string signature;   // ci.audit_build()
  std::string language;    // sql, plpgsql, ...
  std::string source;      // prosrc; empty for a body in SQL standard form
  std::string definition;  // CREATE FUNCTION
};

struct Trigger {
  std::string name;
  TableName table;
  TableName function;
  bool enabled = true;
  bool fires_on_apply = false;  // ENABLE REPLICA or ALWAYS
};

// Each is one query. What belongs to an extension, to pgcleave or to PostgreSQL is left out.
Result<std::vector<Dependency>> dependencies(Connection& connection, Deadline deadline);
Result<std::vector<Program>> programs(Connection& connection, Deadline deadline);
Result<std::vector<Trigger>> triggers(Connection& connection, Deadline deadline);

// What inherits from what beside ordinary partitions, and which part of a fenced tree lacks the fence.

// A parent and its child: by INHERITS, or a partition whose DETACH ... CONCURRENTLY was begun and not finished.
struct Inheritance {
  TableName child;
  TableName parent;
  bool detach_pending = false;
};

// All of the database but attached partitions, by child and parent. Foreign tables too.
Result<std::vector<Inheritance>> inheritances(Connection& connection, Deadline deadline);

// Tables and partitions without a working fence trigger of the split whose parent has one: created since the fence was.
// One small query, since a window asks it.
Result<std::vector<TableName>> unfenced_children(Connection& connection, const std::string& split, Deadline deadline);

}  // namespace pgcleave::postgres

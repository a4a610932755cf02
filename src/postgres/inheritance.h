// What inherits from what beside ordinary partitions, and which part of a fenced tree lacks the fence.
#pragma once

#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

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

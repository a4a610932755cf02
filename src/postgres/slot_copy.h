// A standby's copy of a slot of its primary (PostgreSQL 17 and later), and what keeps it from having one.
#pragma once

#include <string>

#include "postgres/connection.h"

namespace pgcleave::postgres {

struct SlotCopy {
  int version = 0;  // server_version_num
  // The standby's settings that synchronization needs.
  bool synchronizes = false;  // sync_replication_slots
  bool feedback = false;      // hot_standby_feedback
  bool streams_by_slot = false;
  bool knows_database = false;  // dbname in primary_conninfo; Patroni writes it from 4.0 on
  // Its slot of that name.
  bool exists = false;
  bool synced = false;     // else it is a slot of its own, such as that of a former leader
  bool temporary = false;  // not ready: the primary's position is older than what the standby has kept
  std::string invalidated = {};

  // Why its settings keep it from copying slots. "": they don't.
  [[nodiscard]] std::string setup_problem() const;
  // Why the slot would not go on if the standby were promoted now. "": it would.
  [[nodiscard]] std::string problem() const;
};

Result<SlotCopy> slot_copy(Connection& standby, const std::string& slot, Deadline deadline);

}  // namespace pgcleave::postgres

// What works on the database from outside or by itself, and would go on doing so on the wrong side. Judging asks
// nobody.
#pragma once

#include "checks/finding.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

struct OutsideSeen {
  std::string side;  // "source main"
  struct Publication {
    std::string name;
    bool all_tables = false;
    std::vector<postgres::TableName> moved;  // that it publishes
  };
  struct EventTrigger {
    std::string name;
    std::string event;
  };
  std::vector<Publication> publications;
  std::vector<std::string> subscriptions;
  std::vector<std::pair<std::string, postgres::TableName>> foreign_tables;  // with their servers
  std::vector<EventTrigger> event_triggers;
  std::map<std::string, std::vector<postgres::TableName>> in_no_class;  // by kind in words: "materialized views"
  std::vector<std::string> extensions;                                  // all
  std::string preloaded;                                                // shared_preload_libraries
};

Result<OutsideSeen> inspect_outside(postgres::Connection& connection, const std::string& side,
                                    const TableReferences& references, Deadline deadline);
Findings judge_outside(const OutsideSeen& seen);

}  // namespace pgcleave::checks

// One side's leader as its settings show it, for the judges of the family settings.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checks/check_context.h"
#include "checks/cluster_seen.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

struct CollationSeen {
  std::string name;
  std::string stored;  // the library's version when indexes were built
  std::string actual;  // what the library says now
};

struct ExtensionSeen {
  std::string name;
  std::string version;
  bool files_there = false;  // any version of it can be installed on this machine
};

// Of the server, also of others than pgcleave; temporary ones are left out.
struct SlotState {
  std::string name;
  bool logical = false;
  bool active = false;
  bool failover = false;         // 17 and later: it is to be synchronized to standbys
  bool synced = false;           // 17 and later: it came here from a primary, also where this is one meanwhile
  std::string invalidated = {};  // "" or why: wal_removed, idle_timeout, ...
};

struct ServerSeen {
  fence::Owner which = fence::Owner::source;
  std::string label;
  std::string scope;
  bool in_recovery = false;
  std::optional<fence::Owner> owner;
  Json patroni = Json::object();  // the dynamic configuration

  std::map<std::string, std::string> settings;  // pg_settings.reset_val: numbers in the setting's own unit
  std::set<std::string> pending_restart;
  std::vector<std::string> file_errors;  // "postgresql.conf:12 work_mem: ..."
  std::vector<std::string> hba;          // each rule for other than replication, as text
  std::vector<std::string> hba_errors;
  std::string user;  // ours

  // In use by others than pgcleave.
  int slots = 0;
  int senders = 0;
  int logical_workers = 0;
  int background_workers = 0;  // without parallel workers
  int clients = 0;
  int origins = 0;

  std::vector<SlotState> all_slots;
  std::vector<CollationSeen> collations;
  std::vector<ExtensionSeen> extensions;             // installed, and not available in their version
  std::map<std::string, std::string> role_settings;  // "role app in database app": "statement_timeout=1s, ..."

  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] long long number(const std::string& name) const;
  [[nodiscard]] bool is(const std::string& name, const std::string& value) const { return text(name) == value; }
};

Result<ServerSeen> inspect_server(CheckContext& context, world::Side& side);

// One side as the families schema and workload look at it: its session, its tables by part, and what reaches what.

struct InspectedSide {
  world::Side* side = nullptr;
  postgres::Connection* session = nullptr;
  bool standby = false;
  world::SplitTables tables;
};

// An error when neither can be looked at; of one that can't the family fence tells.
struct BothSides {
  std::optional<InspectedSide> source;
  std::optional<InspectedSide> target;

  // Where the moved tables live: the target once it takes writes, else the source; a standby where that is all there
  // is.
  [[nodiscard]] const InspectedSide& home() const;
  // Those that take DDL of their own; at least one.
  [[nodiscard]] std::vector<const InspectedSide*> with_own_catalog() const;
};
Result<BothSides> inspect_both(CheckContext& context);

}  // namespace pgcleave::checks

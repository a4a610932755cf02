#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab.h"
#include "workload.h"

namespace pgcleave_lab {

struct StoredRow {
  int client = 0;
  long long n = 0, id = 0;
  std::string stored_on, stored_at;
};

struct Counter {
  long long n = 0, writes = 0;
};

// All that one side holds of the load's tables.
struct StoredRows {
  std::map<std::string, std::vector<StoredRow>> tables;  // by WrittenTable::name
  std::map<int, Counter> counters;                       // by client
};

struct Side {
  std::string scope;
  int postgres_port = 0;  // of the leader, or of any member if there is none
  bool reachable = false, writable = false;
  std::optional<long long> owner;  // of pgcleave.owner_ci, if that exists: 0 nobody, 1 source, 2 target
};

// Asks the servers themselves; what Patroni thinks may be ahead of PostgreSQL.
Side inspect(const Lab& lab, const std::string& scope);
StoredRows fetch_rows(const Lab& lab, const Side& side, int first_client, int last_client);

}  // namespace pgcleave_lab

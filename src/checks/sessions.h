// Clients' sessions on one server, seen several times in a row: who they are, which tables they touch, and what they
// hold.
#pragma once

#include <map>
#include <set>

#include "base/deadline.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

struct Session {
  int pid = 0;
  std::string backend_start;
  std::string user;
  std::string application;
  std::string address;  // "127.0.0.1:53210", "local"
  std::string state;    // when last seen: active, idle in transaction, ...
  double transaction_s = 0;
  double in_state_s = 0;
  std::string query;  // the last one, cut off by track_activity_query_size
  bool own = false;   // of this program, directly or as a probe through the bouncers
  std::int64_t advisory_locks = 0;
  int first_sample = 0;
  int last_sample = 0;
  Touched touched;                                          // by the locks of all samples
  std::set<std::pair<Part, postgres::TableName>> together;  // written within one transaction that wrote both parts

  [[nodiscard]] std::string who() const;  // "pid 4711 of app (sidekiq) from 127.0.0.1:53210"
};

// Adds one look after the other. The asking session itself, and those of other databases, are left out.
class Sessions {
 public:
  explicit Sessions(const world::SplitTables& tables);
  Result<void> sample(postgres::Connection& connection, Deadline deadline);

  [[nodiscard]] int samples() const { return samples_; }
  [[nodiscard]] std::vector<Session> all() const;  // also those that have ended meanwhile
  [[nodiscard]] bool is_here(const Session& session) const { return session.last_sample == samples_; }

 private:
  std::map<std::string, std::pair<Part, postgres::TableName>> tables_;  // by oid
  std::map<std::pair<int, std::string>, Session> sessions_;
  int samples_ = 0;
};

}  // namespace pgcleave::checks

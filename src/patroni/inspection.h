// A cluster as each of its REST addresses shows it, asked all at once. For whoever judges it; nothing is changed.
#pragma once

#include "patroni/cluster.h"

namespace pgcleave::patroni {

struct Address {
  std::string url;
  std::string error;  // why nothing is known of it
  std::string scope;
  std::string version;     // Patroni's
  int server_version = 0;  // server_version_num; 0 while PostgreSQL is down
  std::int64_t dcs_seen_s =
      0;  // when the member last reached its DCS, seconds since 1970 by its clock; 0: it does not say
  bool failsafe = false;
  bool without_leader_key = false;
  bool watchdog_failed = false;
};

struct Inspection {
  std::vector<Address> addresses;
  std::string error;  // why view and configuration are not known
  View view;
  bool switchover_scheduled = false;
  Json config = Json::object();
};

Inspection inspect(const Access& access, Deadline deadline);

// GET /patroni of one member.
Address read_address(const std::string& url, const Json& status);

// Patroni takes YAML's words for a truth value too: "on", "yes".
bool is_on(const Json& object, const char* key);
// Neither absent nor null nor an empty text.
bool is_set(const Json& object, const char* key);
// config.postgresql.parameters and the like: the object at that path, or an empty one.
Json object_at(const Json& object, const std::vector<std::string>& path);
std::string text_at(const Json& object, const char* key);  // a number becomes text; "" when absent

// The slot that a standby cluster uses: Patroni makes a slot's name of primary_slot_name, in which a hyphen is "_"
// (slot_name_from_member_name, 3.0 to 4.1). "" when none is named.
std::string slot_of_standby(const Json& standby_cluster);
// Without keys whose value is null, at any depth. Patroni's PATCH keeps a null inside an object that was absent before,
// and fails on it when it has to follow (primary_slot_name, 3.0 to 4.1).
Json without_nulls(const Json& object);

}  // namespace pgcleave::patroni

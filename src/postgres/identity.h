// Which server is this? A promoted copy has the source's system identifier, so identity is several things together.
#pragma once

#include <cstdint>
#include <string>

#include "postgres/connection.h"

namespace pgcleave::postgres {

struct Identity {
  std::string system_identifier;
  std::uint32_t timeline = 0;
  std::string cluster_name;  // Patroni sets it to the scope; cannot be set in a session
  bool in_recovery = false;
  bool superuser = false;
  std::string database;
  std::string database_oid;
  std::string user;
  int version = 0;  // server_version_num: 150018
  std::string data_directory;
  std::string address;  // as the client reached it
};

// From here on (server_version_num) a role that is no superuser can make subscriptions.
constexpr int without_superuser_since = 160000;

// Whether a transaction that is open while a publication is altered is decoded with the publication as it was altered:
// PostgreSQL 15.13, 16.9, 17.5 and later. An older one goes on by what it had cached.
constexpr bool invalidates_publications(int version) {
  const int major = version / 10000;
  const int minor = version % 10000;
  return major >= 18 || (major == 17 && minor >= 5) || (major == 16 && minor >= 9) || (major == 15 && minor >= 13);
}

Result<Identity> identify(Connection& connection, Deadline deadline);

}  // namespace pgcleave::postgres

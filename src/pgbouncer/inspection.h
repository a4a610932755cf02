// All that a check judges of one PgBouncer process: what runs, what its file says, and whether that could be changed.
// Nothing is changed.
#pragma once

#include "pgbouncer/fleet.h"

namespace pgcleave::pgbouncer {

struct Inspection {
  std::string name;
  std::string address;  // of its console
  std::string error;    // why it could not be looked at; all below is empty then
  bool distinct =
      true;  // false: the error is that this process is another bouncer too, or that one address reaches several
  std::string console_user;
  std::string version;                             // as it says it
  bool process_paused = false;                     // all its pools are (seen from 1.19 on)
  std::map<std::string, ConsoleSetting> settings;  // SHOW CONFIG
  std::string database_name;                       // the pool
  std::vector<std::string> other_databases;        // that the process serves too; "*": whatever a client asks for
  std::optional<Database> database;                // no value: the process does not serve it
  std::vector<std::string> pool_users;             // who has come to this pool since the process started
  std::vector<std::string> known_users;            // whom the process knows
  int clients = 0;                                 // of all databases

  std::string path;            // of the config file that would be changed
  std::string file_error;      // why it could not be read
  bool same_file = true;       // the process reads this file (a relative name can't be compared)
  std::string why_unwritable;  // "" when nothing stands against replacing it
  std::optional<ConfigFile> config;

  [[nodiscard]] std::string setting(const std::string& key) const {
    const auto found = settings.find(key);
    return found == settings.end() ? "" : found->second.value;
  }
};

}  // namespace pgcleave::pgbouncer

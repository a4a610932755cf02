// What `pgcleave init` is told: addresses, names, and what is to move. All else is read from the servers.
#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace pgcleave::init {

struct Asked {
  std::string source;                 // REST address of a Patroni member: "http://10.0.0.1:8008", "10.0.0.1"
  std::string target;                 // likewise
  std::vector<std::string> consoles;  // "10.0.2.1:6432", "/run/pgbouncer:6432"
  std::string database;               // on the server; "": the one to which the consoles' pools lead
  std::string user = "pgcleave";
  std::string console_user;  // "": the same
  std::string probe_user;    // "": no probe
  std::string passfile;      // "": libpq's own: $PGPASSFILE or ~/.pgpass
  std::string ca;            // of Patroni's certificates
  bool production = true;
  std::string directory = ".";
  std::vector<std::string> schemas;            // that move
  std::vector<std::string> patterns;           // of tables that move
  Duration observe = std::chrono::seconds(3);  // for a proposal: how long to see what goes through the pools

  [[nodiscard]] const std::string& admin() const { return console_user.empty() ? user : console_user; }
};

// The path of a file in that folder, as short as it goes.
std::string path_in(const std::string& directory, const std::string& name);

constexpr auto time_per_address = std::chrono::seconds(3);
constexpr auto time_for_catalog = std::chrono::seconds(20);

// As people type addresses. `invalid` names the option.

// "http://10.0.0.1:8008" of "10.0.0.1", "10.0.0.1:8008" or the whole address.
Result<std::string> rest_url(const std::string& option, const std::string& text);

struct ConsoleAddress {
  std::string host;  // or the folder of a Unix socket
  std::string port;
  [[nodiscard]] std::string text() const;
};
// "10.0.2.1:6432", "[fd00::1]:6432", "/run/pgbouncer:6432"; without a port 6432 is meant.
Result<ConsoleAddress> console_address(const std::string& text);

// Is the machine with this address, or the folder of a socket, this one?
bool is_here(const std::string& host);

}  // namespace pgcleave::init

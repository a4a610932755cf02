// libpq's keywords that an environment file may use beside address, user and password: for its reader and its JSON
// Schema. A keyword that this machine's libpq does not know yet (`since`) fails at the first connection, with its name.
// Source: PostgreSQL's documentation, "Parameter Key Words".
#pragma once

#include <string>
#include <vector>

#include "config/environment.h"

namespace pgcleave::config {

struct ConnectionKey {
  enum class Kind {
    text,
    path,     // a file or folder: relative to the environment file, or absolute where another server reads it
    choice,   // one of `choices`
    number,   // a whole number, 0 or more
    seconds,  // a whole number, 1 or more
    secret,   // a reference to a password
  };
  std::string name;
  Kind kind = Kind::text;
  std::vector<std::string> choices;
  std::string help;
};

const std::vector<ConnectionKey>& connection_keys();

// Addresses that mean another server on each machine: what this one sees there says nothing of what others see. Asks
// nobody.

// 127.0.0.0/8, ::1, localhost, or a socket's folder.
bool is_loopback(const std::string& host);

// A bouncer on another machine, as far as its addresses tell, with a route to its own machine, or a host of it.
bool cannot_be_seen_from_here(const BouncerAccess& bouncer, const std::string& route_host);

}  // namespace pgcleave::config

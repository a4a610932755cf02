// libpq's keywords that an environment file may use beside address, user and password: for its reader and its JSON
// Schema. A keyword that this machine's libpq does not know yet (`since`) fails at the first connection, with its name.
// Source: PostgreSQL's documentation, "Parameter Key Words".
#pragma once

#include <string>
#include <vector>

namespace pgcleave::config {

struct ConnectionKey {
  enum class Kind {
    text,
    path,     // a file or folder: relative to the environment file, or absolute where another server reads it
    choice,   // one of `choices`
    number,   // a whole number, 0 or more
    seconds,  // a whole number, 1 or more
  };
  std::string name;
  Kind kind = Kind::text;
  std::vector<std::string> choices;
  std::string help;
};

const std::vector<ConnectionKey>& connection_keys();

}  // namespace pgcleave::config

// A service: connection settings under a name, in libpq's connection service files.
// Source: PostgreSQL's documentation, "The Connection Service File"; libpq's parseServiceFile().
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace pgcleave::config {

struct Service {
  std::map<std::string, std::string> values;  // a password too
  std::string file;
};

// Looks where libpq does: PGSERVICEFILE or else ~/.pg_service.conf, then pg_service.conf in PGSYSCONFDIR or Debian's
// /etc/postgresql-common. `invalid`: no file has it, with the files that were read; a file can't be read; a line that
// libpq refuses; an LDAP address, which only libpq looks up.
Result<Service> read_service(const std::string& name);

}  // namespace pgcleave::config

// How far the standbys of a server have what it wrote on disk.
#pragma once

#include <string>
#include <vector>

#include "base/lsn.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

struct Flushed {
  std::string application;  // Patroni: the member's name
  std::string state;        // streaming, catchup, ...
  Lsn lsn;                  // flushed up to here, by its last reply, which follows each flush at once (PostgreSQL 15)
};
// Physical standbys that are connected to this server.
Result<std::vector<Flushed>> flushed(Connection& primary, Deadline deadline);

}  // namespace pgcleave::postgres

// Clients of the moved table: one behind each bouncer, and one on each side that goes round the bouncers. Each remembers what it was told;
// the judge compares that with the rows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ascending.h"
#include "model/bouncer.h"

namespace pgcleave::simulation {

enum class Stage { idle, waiting, writing };

struct Client {
  int bouncer = -1;                                  // -1: connected to `direct`
  postgres::Owner direct = postgres::Owner::source;  // only without a bouncer
  Stage stage = Stage::idle;
  Instant since = 0;  // of this stage
  Instant until = 0;  // when its transaction commits
  WriteId id = 0;
  Key key = 0;
  postgres::Owner on = postgres::Owner::source;  // where it writes
  int incarnation = 0;
  WriteId served = 0;  // its last acknowledged write
};

struct History {
  Ascending<WriteId, postgres::Owner> acknowledged;  // and by which side
  int refused = 0;
  int unknown = 0;
  Instant longest_wait = 0;
  std::vector<std::string> violations;  // what no client may ever see
};

const postgres::TableName& moved_table();

}  // namespace pgcleave::simulation

// Clients of the moved table: one behind each bouncer, and one on each side that goes round the bouncers. Each
// remembers what it was told; the judge compares that with the rows.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ascending.h"
#include "model/bouncer.h"

namespace pgcleave::simulation {

enum class Stage { idle, waiting, writing };

struct Client {
  int bouncer = -1;                            // -1: connected to `direct`
  fence::Owner direct = fence::Owner::source;  // only without a bouncer
  Stage stage = Stage::idle;
  Instant since = 0;  // of this stage
  Instant until = 0;  // when its transaction commits
  WriteId id = 0;
  Key key = 0;
  fence::Owner on = fence::Owner::source;  // where it writes
  int incarnation = 0;
  WriteId served = 0;  // its last acknowledged write
};

struct History {
  Ascending<WriteId, fence::Owner> acknowledged;  // and by which side
  std::set<WriteId> lost_by_failover;  // the member that was promoted did not have them: that is Patroni's contract
  std::set<fence::Owner> failed_over;
  bool failed_over_before_promotion = false;  // the source did, when nobody had asked for the promotion yet
  bool released = false;                      // somebody asked for ownership to be given away, since faults may begin
  int refused = 0;
  int unknown = 0;
  Instant longest_wait = 0;
  std::vector<std::string> violations;  // what no client may ever see
};

const postgres::TableName& moved_table();

}  // namespace pgcleave::simulation

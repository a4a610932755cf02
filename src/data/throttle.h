// Whether a job goes on, by what the server shows: named indicators, each says go, slow or stop, and why. Pure, but for
// the clock that it is given.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hours.h"
#include "data/signs.h"

namespace pgcleave::data {

enum class Speed { go, slow, stop };
const char* name_of(Speed speed);

struct Indication {
  std::string name;  // "replica_lag"
  Speed speed = Speed::go;
  std::string why;  // "replica main-2 is 70 MiB behind (limit 64 MiB)"
};

// Each stops the job where it is reached, and slows it from its half on. Zero: none.
struct Limits {
  Bytes replica_lag{64LL << 20};
  Bytes slot_wal{8LL << 30};
  Bytes wal_rate{128LL << 20};             // per second, of the whole server; slows only
  std::int64_t archive_waiting = 84;       // WAL files
  std::optional<Hours> hours = {};         // outside of these it waits; none: it works always
  [[nodiscard]] std::string text() const;  // "replica_lag 64MiB, slot_wal 8GiB, wal_rate 128MiB"
};

class Throttle {
 public:
  explicit Throttle(Limits limits) : limits_(std::move(limits)) {}

  // All indicators, each once. `at`: when the signs were read.
  std::vector<Indication> judge(const Signs& signs, Monotonic::time_point at);

 private:
  Limits limits_;
  Lsn wal_before_;
  Monotonic::time_point at_before_;
  bool seen_before_ = false;
};

// The strictest; of equal ones the first.
Indication strictest(const std::vector<Indication>& all);

// Looks after a job from a session beside it: what the throttle says, and whether sessions wait for a lock of its
// batch.

class Brake {
 public:
  // `session`: one of its own, opened anew where it was lost; empty: nothing is looked at.
  using Session = std::function<Result<postgres::Connection*>(Deadline)>;
  Brake(Limits limits, Session session);

  // What holds the job back just now. Asks the server once a second at most. Where the server can't be asked, that
  // stops the job: what is not known is no "go".
  Indication look(const std::vector<std::uint32_t>& relations);
  // Do sessions wait for a lock of this one? False where it can't be asked: look() tells.
  bool holds_up_others(int pid);

 private:
  Throttle throttle_;
  std::string zone_;
  Session session_;
  std::optional<Monotonic::time_point> looked_;
  Indication last_;
};

}  // namespace pgcleave::data

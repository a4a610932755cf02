// Looks after a job from a session beside it: what the throttle says, and whether sessions wait for a lock of its
// batch.
#pragma once

#include <functional>
#include <optional>

#include "data/throttle.h"

namespace pgcleave::data {

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

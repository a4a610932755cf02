// Whether the next block may be read now: what a person wants (kept.h), and what the throttle of jobs says of the
// original's server (data/throttle.h). Used by several threads.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "compare/keeper.h"
#include "data/throttle.h"

namespace pgcleave::compare {

class Gate {
 public:
  Gate(const Request& request, Queue& queue, Keeper& keeper);

  // Returns when it may be read, after a rest where something slows it; and when none will be read any more.
  // `interrupted`; `conflict` when another runner has claimed the comparison.
  Result<void> pass(Pair& pair);

 private:
  Result<Wish> wish(Pair& pair);
  data::Indication seen();
  void tell(const data::Indication& now);

  const Request& request_;
  Queue& queue_;
  Keeper& keeper_;
  std::mutex mutex_;
  std::optional<postgres::Connection> session_;
  std::optional<data::Brake> brake_;  // none: flat out
  std::string told_;
};

}  // namespace pgcleave::compare

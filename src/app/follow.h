// Keeps the bouncers at the leader of the side that serves, where its route is `leader`: for the time between runs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "config/environment.h"
#include "config/split.h"

namespace pgcleave::app {

// What one look found, and what was done.
struct Followed {
  std::string serves;                  // "source main", or empty: `left` says why
  std::string route;                   // its leader's address, or the fixed one that the environment file has
  std::vector<std::string> repointed;  // bouncers, each with where it pointed before
  std::vector<std::string> left;       // what was left as it is, and why
  [[nodiscard]] Json json() const;
  bool operator==(const Followed&) const = default;
};

// `invalid` when neither side's route follows its leader.
Result<void> can_follow(const config::Environment& environment);

// One look; repoints the bouncers that point to another server of the side that serves. Leaves alone: what a run that
// is not over holds, what is paused, what points to the other side, and everything while it is not clear who serves. It
// is written to the journal before it is done. An error: the journal or a bouncer refused; the next look goes on. Asks
// all for 10 s at most, and heeds `stop` until something is changed.
Result<Followed> follow_once(const std::string& journal, const config::Environment& environment,
                             const config::Split& split, const StopFlag* stop);

}  // namespace pgcleave::app

// Keeps what both sides, the pools and Prometheus say, again and again, in the samples beside a journal.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "config/environment.h"
#include "config/split.h"
#include "watch/sampler.h"

namespace pgcleave::app {

struct TrackAsked {
  std::string samples;  // a file
  Duration every{};
  std::optional<Deadline> end;  // none: until it is ended
};

// Each round is handed to `told` when it is kept; false: nobody listens any more. What can't be asked is said on
// standard error when that changes. An error: the samples can't be kept.
Result<void> track(const config::Environment& environment, const config::Split& split, const TrackAsked& asked,
                   const std::function<bool(const watch::Round& round)>& told);

}  // namespace pgcleave::app

// Durations and sizes as people write them in runbooks: 500us, 250ms, 5s, 15m, 2h; 512B, 1KiB, 16MiB, 1GiB.
#pragma once

#include <cstdint>
#include <string>

#include "base/deadline.h"
#include "base/result.h"

namespace pgcleave {

struct Bytes {
  std::int64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

// Errors are `invalid` and name the accepted forms. Negative, fractional and overflowing values are refused.
Result<Duration> parse_duration(const std::string& text);
Result<Bytes> parse_bytes(const std::string& text);

// The shortest form with at most one decimal that a person reads at a glance: "12.3ms", "4s", "1.5MiB".
std::string to_text(Duration duration);
std::string to_text(Bytes bytes);

// Milliseconds with microsecond precision, for outputs and reports.
double milliseconds(Duration duration);

}  // namespace pgcleave

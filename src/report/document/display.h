// Numbers and times as a person reads them: always with a unit, times in UTC.
#pragma once

#include <cstdint>
#include <string>

namespace pgcleave::report {

// Three digits that matter: "0.84 ms", "28.7 ms", "209 ms", "7.21 s", "3 min 20 s", "2 h 5 min", "3 d 4 h".
std::string duration(double ms);
// A length that somebody chose: "5 s", not "5.00 s".
std::string chosen(double ms);
// The first in two parts, for figures that are set large.
struct Measure {
  std::string value;
  std::string unit;
};
Measure measure(double ms);

std::string fixed(double value, int decimals);  // "1,234.5"; no sign at zero
std::string count(std::int64_t value);          // "12,345"
std::string bytes(double value);                // "1.5 MiB"
std::string percent(double part);               // 0.42 -> "42 %"

std::string utc(std::int64_t at_us);        // "2026-11-22 02:21:02 UTC"
std::string utc_clock(std::int64_t at_us);  // "02:21:02.263"

// "1 table", "3 tables"
std::string many(std::int64_t number, const std::string& thing);

}  // namespace pgcleave::report

#include "report/document/display.h"

#include <array>
#include <cmath>
#include <ctime>

#include "base/format.h"

namespace pgcleave::report {
namespace {

constexpr double second = 1000;
constexpr double minute = 60 * second;
constexpr double hour = 60 * minute;
constexpr double day = 24 * hour;

std::string three_digits(double value) {
  const double size = std::abs(value);
  return fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

std::string two_units(double ms, double large, const char* large_unit, double small, const char* small_unit) {
  const auto whole = static_cast<std::int64_t>(std::llround(ms / small));
  const auto in_large = static_cast<std::int64_t>(large / small);
  const auto rest = whole % in_large;
  auto text = fmt::format("{} {}", whole / in_large, large_unit);
  if (rest != 0) text += fmt::format(" {} {}", rest, small_unit);
  return text;
}

std::string with_commas(std::string digits) {
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::tm parts_of(std::int64_t at_us) {
  const std::time_t seconds = at_us / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

Measure measure(double ms) {
  if (std::abs(ms) < 999.5) return {three_digits(ms), "ms"};
  if (std::abs(ms) < 59.95 * second) return {three_digits(ms / second), "s"};
  const auto text = duration(ms);
  const auto space = text.find(' ');
  return {text.substr(0, space), text.substr(space + 1)};
}

std::string duration(double ms) {
  if (ms < 0) return "-" + duration(-ms);
  if (ms < 59.95 * second) {
    const auto [value, unit] = measure(ms);
    return value + " " + unit;
  }
  if (ms < hour) return two_units(ms, minute, "min", second, "s");
  if (ms < day) return two_units(ms, hour, "h", minute, "min");
  return two_units(ms, day, "d", hour, "h");
}

std::string chosen(double ms) {
  const auto text = duration(ms);
  const auto space = text.find(' ');
  auto end = space;
  if (text.find('.') < space) {
    while (text[end - 1] == '0') --end;
    if (text[end - 1] == '.') --end;
  }
  return text.substr(0, end) + text.substr(space);
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  auto text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const auto point = text.find('.');
  const auto whole = with_commas(text.substr(0, point));
  text = point == std::string::npos ? whole : whole + text.substr(point);
  const bool nothing = text.find_first_of("123456789") == std::string::npos;
  return (value < 0 && !nothing ? "-" : "") + text;
}

std::string count(std::int64_t value) {
  return fixed(static_cast<double>(value), 0);
}

std::string bytes(double value) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (std::abs(value) >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fixed(value, unit == 0 || value >= 100 ? 0 : 1) + " " + units.at(unit);
}

std::string percent(double part) {
  const double value = part * 100;
  return fixed(value, std::abs(value) < 9.95 ? 1 : 0) + " %";
}

std::string utc(std::int64_t at_us) {
  if (at_us == 0) return "-";
  const auto parts = parts_of(at_us);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string utc_clock(std::int64_t at_us) {
  const auto parts = parts_of(at_us);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec, at_us / 1000 % 1000);
}

std::string many(std::int64_t number, const std::string& thing) {
  return count(number) + " " + thing + (number == 1 ? "" : "s");
}

}  // namespace pgcleave::report

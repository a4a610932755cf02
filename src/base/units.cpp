#include "base/units.h"

#include <array>
#include <charconv>
#include <limits>

#include "base/format.h"

namespace pgcleave {
namespace {

struct Unit {
  const char* suffix;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> duration_units{
    {{"us", 1}, {"ms", 1'000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}}};
constexpr std::array<Unit, 5> byte_units{
    {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}}};

template <std::size_t N>
Result<std::int64_t> parse(const std::string& text, const std::array<Unit, N>& units, const char* kind,
                           const char* forms) {
  const Error error{ErrorKind::invalid, "", fmt::format("'{}' is not a {}", text, kind), forms, "", "", ""};
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, number);
  if (status != std::errc() || number < 0) return fail(error);
  const std::string suffix(rest, end);
  for (const auto& unit : units) {
    if (suffix != unit.suffix) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return fail(error);
    return number * unit.factor;
  }
  return fail(error);
}

std::string one_decimal(double value, const char* suffix) {
  auto text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + suffix;
}

}  // namespace

Result<Duration> parse_duration(const std::string& text) {
  return parse(text, duration_units, "duration", "a whole number with us, ms, s, m or h, such as 250ms")
      .map([](std::int64_t us) { return Duration(us); });
}

Result<Bytes> parse_bytes(const std::string& text) {
  return parse(text, byte_units, "size", "a whole number with B, KiB, MiB, GiB or TiB, such as 16MiB")
      .map([](std::int64_t count) { return Bytes{count}; });
}

std::string to_text(Duration duration) {
  const auto us = static_cast<double>(duration.count());
  if (us < 1'000) return fmt::format("{}us", duration.count());
  if (us < 999'950) return one_decimal(us / 1'000, "ms");  // what rounds to 1000ms is a second
  if (us < 120'000'000) return one_decimal(us / 1'000'000, "s");
  if (us < 7'200'000'000) return one_decimal(us / 60'000'000, "m");
  return one_decimal(us / 3'600'000'000, "h");
}

std::string to_text(Bytes bytes) {
  auto value = static_cast<double>(bytes.count);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < byte_units.size()) {
    value /= 1024;
    ++unit;
  }
  return one_decimal(value, byte_units.at(unit).suffix);
}

double milliseconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1'000;
}

}  // namespace pgcleave

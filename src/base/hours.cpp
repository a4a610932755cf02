#include "base/hours.h"

#include <optional>
#include <regex>

#include "base/format.h"

namespace pgcleave {
namespace {

std::optional<int> minute_of(const std::string& hour, const std::string& minute) {
  const int hours = std::stoi(hour);
  const int minutes = std::stoi(minute);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return hours * 60 + minutes;
}

}  // namespace

bool Hours::contain(int minute) const {
  if (from < to) return minute >= from && minute < to;
  return minute >= from || minute < to;
}

std::string clock_text(int minute) {
  return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

std::string Hours::text() const {
  return fmt::format("{}-{}{}{}", clock_text(from), clock_text(to), zone.empty() ? "" : " ", zone);
}

Result<Hours> parse_hours(const std::string& text) {
  static const std::regex form(R"(([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})(?: +([A-Za-z0-9_+/-]{1,60}))?)");
  std::smatch parts;
  if (std::regex_match(text, parts, form)) {
    const auto from = minute_of(parts[1], parts[2]);
    const auto to = minute_of(parts[3], parts[4]);
    if (from && to && *from != *to) return Hours{*from, *to, parts[5]};
  }
  return fail({ErrorKind::invalid, "", fmt::format("'{}' are no hours of a day", printable(text)), "", "",
               "write them as 22:00-06:00 Europe/Kyiv; without a time zone the server's is meant", ""});
}

}  // namespace pgcleave

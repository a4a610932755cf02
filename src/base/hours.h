// Hours of a day in a time zone, as people write them: "22:00-06:00 Europe/Kyiv".
#pragma once

#include <string>

#include "base/result.h"

namespace pgcleave {

struct Hours {
  int from = 0;      // minutes of the day, 0 to 1439
  int to = 0;        // not in it any more; before `from`: of the next day
  std::string zone;  // empty: the server's
  auto operator<=>(const Hours&) const = default;
  [[nodiscard]] bool contain(int minute) const;
  [[nodiscard]] std::string text() const;
};

// `invalid` names the form. Whether there is such a zone is for a server to say.
Result<Hours> parse_hours(const std::string& text);

std::string clock_text(int minute);  // "06:05"

}  // namespace pgcleave

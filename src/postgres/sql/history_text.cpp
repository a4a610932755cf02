#include "postgres/sql/history_text.h"

#include <sstream>

#include "base/format.h"

namespace pgcleave::postgres {

Result<std::vector<Timeline>> read_history(std::uint32_t timeline, const std::string& text) {
  std::vector<Timeline> found;
  Lsn from;
  std::istringstream history(text);
  std::string line;
  while (std::getline(history, line)) {
    std::istringstream words(line);
    std::uint32_t ancestor = 0;
    std::string position;
    if (line.starts_with('#') || !(words >> ancestor >> position)) continue;
    found.push_back({ancestor, from});
    TRY_ASSIGN(from, parse_lsn(position));
  }
  found.push_back({timeline, from});
  return found;
}

std::string history_file(std::uint32_t timeline) {
  return fmt::format("{:08X}.history", timeline);
}

}  // namespace pgcleave::postgres

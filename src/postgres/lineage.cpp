#include "postgres/lineage.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace pgcleave::postgres {

// A history file has a line for each ancestor, "1<tab>0/3000000<tab>reason": where the next timeline began.
Result<std::vector<Timeline>> lineage(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, primary.query(R"sql(
      SELECT t.id AS timeline, pg_catalog.pg_read_file('pg_wal/' || t.id || '.history', 0, 1000000, true) AS history
        FROM (SELECT substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) AS id) t)sql",
                                            {}, deadline));
  std::uint32_t now = 0;
  const auto& id = rows.text(0, "timeline");
  std::from_chars(id.data(), id.data() + id.size(), now, 16);
  std::vector<Timeline> found;
  Lsn from;
  std::istringstream history(rows.text(0, "history"));
  std::string line;
  while (std::getline(history, line)) {
    std::istringstream words(line);
    std::uint32_t ancestor = 0;
    std::string position;
    if (line.starts_with('#') || !(words >> ancestor >> position)) continue;
    found.push_back({ancestor, from});
    TRY_ASSIGN(from, parse_lsn(position));
  }
  found.push_back({now, from});
  return found;
}

int promotions_since_fork(const std::vector<Timeline>& server, const std::vector<Timeline>& other) {
  return static_cast<int>(std::count_if(server.begin(), server.end(), [&](const Timeline& timeline) {
    return std::find(other.begin(), other.end(), timeline) == other.end();
  }));
}

}  // namespace pgcleave::postgres

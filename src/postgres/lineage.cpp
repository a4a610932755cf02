#include "postgres/lineage.h"

#include <algorithm>
#include <charconv>

#include "postgres/identity.h"
#include "postgres/sql/history_text.h"

namespace pgcleave::postgres {

Result<std::vector<Timeline>> lineage(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, primary.query(R"sql(
      SELECT t.id AS timeline, pg_catalog.pg_read_file('pg_wal/' || t.id || '.history', 0, 1000000, true) AS history
        FROM (SELECT substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) AS id) t)sql",
                                            {}, deadline));
  std::uint32_t now = 0;
  const auto& id = rows.text(0, "timeline");
  std::from_chars(id.data(), id.data() + id.size(), now, 16);
  return read_history(now, rows.text(0, "history"));
}

int promotions_since_fork(const std::vector<Timeline>& server, const std::vector<Timeline>& other) {
  return static_cast<int>(std::count_if(server.begin(), server.end(), [&](const Timeline& timeline) {
    return std::find(other.begin(), other.end(), timeline) == other.end();
  }));
}

Result<Histories> histories(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto identity, identify(connection, deadline));
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT substr(name, 1, 8) AS id, pg_catalog.pg_read_file('pg_wal/' || name, 0, 1000000, true) AS history
        FROM pg_catalog.pg_ls_waldir() WHERE name ~ '^[0-9A-F]{8}[.]history$' ORDER BY name)sql",
                                               {}, deadline));
  Histories found;
  found.timeline = identity.timeline;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.is_null(row, "history")) continue;  // removed since it was listed
    History file;
    const auto& id = rows.text(row, "id");
    std::from_chars(id.data(), id.data() + id.size(), file.timeline, 16);
    if (auto lineage = read_history(file.timeline, rows.text(row, "history"))) file.lineage = std::move(*lineage);
    found.files.push_back(std::move(file));
  }
  return found;
}

}  // namespace pgcleave::postgres

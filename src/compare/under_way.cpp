#include "compare/under_way.h"

namespace pgcleave::compare {
namespace {

// A process that has just claimed it has kept nothing yet.
constexpr const char* under_way_sql = R"sql(
SELECT j.job, j.definition, COALESCE(j.runner, '') AS runner, j.hold, j.target_ms, j.now, j.walked, j.batches,
       j.changed, COALESCE(j.cursor, '') AS progress,
       (EXTRACT(EPOCH FROM j.began) * 1000000)::pg_catalog.int8 AS began_at_us,
       (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - GREATEST(j.moved, j.backend_start, j.began)) * 1000000)
         ::pg_catalog.int8 AS silent_us,
       EXISTS (SELECT FROM pg_catalog.pg_stat_activity s
                WHERE s.pid = j.pid AND s.backend_start = j.backend_start) AS lives
  FROM pgcleave.jobs j
 WHERE j.ended IS NULL AND pg_catalog.starts_with(j.definition, $1)
   AND EXISTS (SELECT FROM pgcleave.compared_tables t WHERE t.job = j.job)
 ORDER BY j.began DESC)sql";

Life life_of(const UnderWay& one, bool lives) {
  if (one.runner.empty()) return Life::stopped;
  if (!lives) return Life::died;
  return one.silent >= longest_silence ? Life::silent : Life::at_work;
}

UnderWay under_way_in(const postgres::Rows& rows, std::size_t row) {
  UnderWay one;
  one.id = rows.text(row, "job");
  one.definition = rows.text(row, "definition");
  one.runner = rows.text(row, "runner");
  one.began_at_us = rows.number(row, "began_at_us");
  one.silent = Duration(rows.number(row, "silent_us"));
  one.life = life_of(one, rows.boolean(row, "lives"));
  one.hold = rows.boolean(row, "hold");
  if (!rows.is_null(row, "target_ms")) one.target = std::chrono::milliseconds(rows.number(row, "target_ms"));
  one.now = rows.text(row, "now");
  const auto kept = Json::parse(rows.text(row, "progress"), nullptr, false);
  one.at = progress_in(kept.is_object() ? kept : Json::object());
  one.at.rows = rows.number(row, "walked");
  one.at.blocks = rows.number(row, "batches");
  one.at.different = rows.number(row, "changed");
  one.at.slowed = one.now;
  if (one.life == Life::at_work) one.at.time += one.silent;
  return one;
}

}  // namespace

const char* name_of(Life life) {
  switch (life) {
    case Life::at_work: return "at_work";
    case Life::silent: return "silent";
    case Life::died: return "died";
    case Life::stopped: return "stopped";
  }
  return "";
}

Result<std::vector<UnderWay>> comparisons_under_way(postgres::Connection& connection, const std::string& definition,
                                                    Deadline deadline) {
  const auto rows = connection.query(under_way_sql, {definition}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return std::vector<UnderWay>();
  if (!rows) return fail(rows.error());
  std::vector<UnderWay> all;
  for (std::size_t row = 0; row < rows->size(); ++row) all.push_back(under_way_in(*rows, row));
  return all;
}

}  // namespace pgcleave::compare

#include "checks/workload/statements.h"

#include "base/format.h"

namespace pgcleave::checks {
namespace {

constexpr std::size_t most_named = 100;
constexpr std::size_t most_of_statement = 400;
constexpr auto all_statements =
    "SELECT queryid, userid::regrole, calls, query FROM pg_stat_statements ORDER BY calls DESC";

// Definitions touch tables too, but the catalog tells of them.
bool reads_or_writes_rows(const std::vector<postgres::Statement>& statements) {
  for (const auto& one : statements) {
    if (one.kind == postgres::StatementKind::other) return false;
  }
  return true;
}

Finding crossing(const SeenStatement& one, const Touched& touched, const std::string& side) {
  const bool writes = !touched.written.empty();
  return {"workload.statement_crosses",
          Severity::blocker,
          fmt::format("statement {} of {} on {}", one.id, one.user, side),
          fmt::format("{} calls ({}); it touches {}: {}", one.calls, one.calls_by_user, touched.text(),
                      shortened(one.text, most_of_statement)),
          fmt::format("SELECT userid::regrole, calls, query FROM pg_stat_statements WHERE queryid = {}", one.id),
          writes ? "after the split what it writes on one side depends on a stale copy of the other, or is refused"
                 : "after the split it reads a stale copy of one of the two, and nothing tells",
          "make two statements of it, each for its side, and join them in the application"};
}

Finding note(const char* id, const std::string& side, std::string evidence, std::string query, std::string why,
             std::string fix) {
  return {std::string("workload.") + id,
          Severity::note,
          "statements on " + side,
          std::move(evidence),
          std::move(query),
          std::move(why),
          std::move(fix)};
}

}  // namespace

Findings judge_statements(const SeenStatements& seen, TableReferences& references, const std::string& side) {
  if (!seen.known) {
    return {note(
        "statements_unknown", side, seen.why_not, "SELECT * FROM pg_extension; SHOW shared_preload_libraries",
        "which statements touch both parts of the split, and which plans the target has for the hottest, is not known",
        seen.fix)};
  }
  Findings found;
  std::vector<std::string> unread;
  std::size_t more = 0;
  for (const auto& one : seen.all) {
    const auto parsed = postgres::parse_sql(one.text);
    if (!parsed) unread.push_back(one.id);
    if (!parsed || !reads_or_writes_rows(*parsed)) continue;
    const auto touched = references.of(*parsed);
    if (!touched.both()) continue;
    if (found.size() < most_named)
      found.push_back(crossing(one, touched, side));
    else
      ++more;
  }
  if (more > 0) {
    found.push_back({"workload.statement_crosses", Severity::blocker,
                     fmt::format("{} more statements on {}", more, side),
                     "they were called less often than those that are named", all_statements, "as with the others",
                     "as with the others"});
  }
  if (seen.evicted > 0) {
    found.push_back(note("statements_incomplete", side,
                         fmt::format("pg_stat_statements had to throw out its least used {} times", seen.evicted),
                         "SELECT dealloc, stats_reset FROM pg_stat_statements_info",
                         "rare statements that cross the line may not be among those that were looked at",
                         "raise pg_stat_statements.max (needs a restart)"));
  }
  if (!unread.empty()) {
    if (unread.size() > 10) unread.resize(10);
    found.push_back(note("statements_not_read", side, fmt::format("not understood: {}", fmt::join(unread, ", ")),
                         all_statements, "whether they cross the line is not known", "look at them by hand"));
  }
  return found;
}

}  // namespace pgcleave::checks

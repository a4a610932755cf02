#include "checks/schema/outside.h"

#include <algorithm>
#include <array>

#include "base/format.h"

namespace pgcleave::checks {
namespace {

using postgres::quote_identifier;

// Extensions and libraries whose workers or schedules act by themselves on every server that is not a standby.
constexpr std::array with_jobs{"pg_cron",      "timescaledb", "pg_partman_bgw", "pgagent",
                               "pg_timetable", "pg_task",     "pg_dbms_job",    "pg_squeeze",
                               "pgq",          "pglogical",   "citus",          "pg_net"};

void judge_publications(const OutsideSeen& seen, Findings& found) {
  for (const auto& one : seen.publications) {
    found.push_back(
        {"schema.publication", Severity::warning, fmt::format("publication {} on {}", one.name, seen.side),
         fmt::format("{}it publishes {} moved tables, such as {}", one.all_tables ? "FOR ALL TABLES: " : "",
                     one.moved.size(), one.moved.front().sql()),
         fmt::format("SELECT * FROM pg_publication_tables WHERE pubname = {}", postgres::quote_literal(one.name)),
         "who follows it here sees no change of them after the split, without an error",
         "plan how its subscribers follow the target: a publication there, and a slot that is made before clients "
         "write"});
  }
}

void judge_subscriptions(const OutsideSeen& seen, Findings& found) {
  for (const auto& name : seen.subscriptions) {
    found.push_back(
        {"schema.subscription", Severity::blocker, fmt::format("subscription {} on {}", name, seen.side),
         "this database subscribes to another", "SELECT subname, subenabled, subslotname FROM pg_subscription",
         "its copy wakes up on a promoted standby and takes the publisher's slot away from this side: rows go to the "
         "wrong one",
         fmt::format("ALTER SUBSCRIPTION {} DISABLE until the split is done, and drop the copy that should not be",
                     quote_identifier(name))});
  }
}

void judge_foreign_tables(const OutsideSeen& seen, Findings& found) {
  std::map<std::string, std::vector<std::string>> by_server;
  for (const auto& [server, table] : seen.foreign_tables) by_server[server].push_back(table.sql());
  for (const auto& [server, tables] : by_server) {
    found.push_back({"schema.foreign_table", Severity::warning,
                     fmt::format("foreign server {} on {}", server, seen.side),
                     fmt::format("{} foreign tables, such as {}", tables.size(), tables.front()),
                     "SELECT ftrelid::regclass, ftserver FROM pg_foreign_table",
                     "both sides have them after the split, and write to the same place; the target may not reach it "
                     "or may not log in",
                     "decide which side keeps them, and try them from the target's hosts"});
  }
}

// Foreign tables have a finding of their own. Materialized views are all named: each of them wants a decision.
void judge_in_no_class(const OutsideSeen& seen, Findings& found) {
  constexpr std::size_t most_named = 5;
  for (const auto& [kind, relations] : seen.in_no_class) {
    const bool temporary = kind == "temporary tables";
    const auto most = temporary ? most_named : relations.size();
    std::string names;
    for (std::size_t i = 0; i < std::min(relations.size(), most); ++i)
      names += (i == 0 ? "" : ", ") + relations[i].sql();
    found.push_back(
        {"schema.in_no_class", Severity::note, fmt::format("{} on {}", kind, seen.side),
         fmt::format("{}: {}{}", relations.size(), names, relations.size() > most ? ", ..." : ""),
         "SELECT oid::regclass FROM pg_class WHERE relkind = 'm' OR relpersistence = 't'",
         temporary
             ? "the split file has no class for them: they are neither fenced nor replicated"
             : "the split file has no class for them: both sides keep a copy with the rows of its last REFRESH before "
               "the "
               "promotion. It is neither fenced nor replicated, a cleanup does not empty it, and a rollback throws the "
               "target's copy away",
         temporary
             ? "nothing to do: they end with their sessions"
             : "after the split, REFRESH MATERIALIZED VIEW on the side that serves the tables that it reads, also the "
               "jobs that do "
               "so; DROP the copy on the other side before the cleanup, and REFRESH on the source after a rollback"});
  }
}

void judge_jobs(const OutsideSeen& seen, Findings& found) {
  for (const auto* name : with_jobs) {
    const bool extension = std::find(seen.extensions.begin(), seen.extensions.end(), name) != seen.extensions.end();
    const bool preloaded = (", " + seen.preloaded + ",").find(fmt::format(" {},", name)) != std::string::npos ||
                           ("," + seen.preloaded + ",").find(fmt::format(",{},", name)) != std::string::npos;
    if (!extension && !preloaded) continue;
    found.push_back(
        {"schema.background_jobs", Severity::warning, fmt::format("{} on {}", name, seen.side),
         extension ? "the extension is installed" : "the library is in shared_preload_libraries",
         "SELECT extname FROM pg_extension; SHOW shared_preload_libraries",
         "its jobs are copied with the database: after a promotion they run on both sides, each on its stale half too",
         "say for each job on which side it runs, and switch it off on the other before clients are let in"});
  }
}

}  // namespace

Findings judge_outside(const OutsideSeen& seen) {
  Findings found;
  judge_publications(seen, found);
  judge_subscriptions(seen, found);
  judge_foreign_tables(seen, found);
  judge_in_no_class(seen, found);
  judge_jobs(seen, found);
  for (const auto& one : seen.event_triggers) {
    found.push_back({"schema.event_trigger", Severity::warning,
                     fmt::format("event trigger {} on {}", one.name, seen.side), "it fires at " + one.event,
                     "SELECT evtname, evtevent, evtenabled FROM pg_event_trigger",
                     "it also fires for what a run creates, such as the fence's triggers, and may refuse or slow it",
                     fmt::format("make sure that it lets the run's role alone, or: ALTER EVENT TRIGGER {} DISABLE",
                                 quote_identifier(one.name))});
  }
  return found;
}

}  // namespace pgcleave::checks

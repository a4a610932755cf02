#include "checks/workload/sessions.h"

#include "base/format.h"

namespace pgcleave::checks {
namespace {

constexpr double long_s = 5;  // about what clients may be made to wait in a window

constexpr auto activity =
    "SELECT pid, usename, application_name, client_addr, client_port, state, xact_start, query FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND datname = current_database()";

struct Group {
  int sessions = 0;
  std::string first;
  Touched touched;
};
using Groups = std::map<std::string, Group>;

class SessionJudge {
 public:
  SessionJudge(const SessionsSeen& seen, TableReferences& references) : seen_(seen), references_(references) {}

  Findings run() {
    for (const auto& one : seen_.sessions) {
      route(one);
      if (!one.session.together.empty()) writes_both(one.session);
      if (one.here) holds_up(one.session);
    }
    for (const auto& [who, group] : round_) goes_round(who, group);
    for (const auto& [who, group] : astray_) goes_astray(who, group);
    for (const auto& one : seen_.prepared) prepared(one);
    return std::move(found_);
  }

 private:
  void add(const char* id, Severity severity, const std::string& object, std::string evidence, std::string query,
           std::string why, std::string fix) {
    found_.push_back({std::string("workload.") + id, severity, fmt::format("{} on {}", object, seen_.side),
                      std::move(evidence), std::move(query), std::move(why), std::move(fix)});
  }

  // By its locks and by what it asked last. A query that was cut off says nothing.
  Touched touched_by(const Session& session) {
    auto touched = session.touched;
    if (const auto parsed = postgres::parse_sql(session.query)) touched.add(references_.of(*parsed));
    return touched;
  }

  void route(const SeenSession& one) {
    if (!one.through) return;
    const auto touched = touched_by(one.session);
    const auto part = *one.through ? Part::kept : Part::moved;
    if (touched.of(part).empty()) return;
    const auto address = one.session.address.substr(0, one.session.address.rfind(':'));
    auto& group =
        (*one.through ? astray_
                      : round_)[fmt::format("{} ({}) from {}", one.session.user, one.session.application, address)];
    if (group.sessions++ == 0) group.first = one.session.who();
    group.touched.add(touched);
  }

  [[nodiscard]] std::string evidence(const Group& group) const {
    return fmt::format("{} sessions, such as {}; they touch {} ({})", group.sessions, group.first, group.touched.text(),
                       seen_.observed);
  }

  void goes_round(const std::string& who, const Group& group) {
    const bool writes = group.touched.writes(Part::moved);
    add("session_goes_round", writes ? Severity::blocker : Severity::warning, "sessions of " + who, evidence(group),
        activity,
        writes ? "it is no server connection of the bouncers that are repointed: it goes on writing here, and is "
                 "refused from the cutover on"
               : "it is no server connection of the bouncers that are repointed: from the cutover on it reads a stale "
                 "copy here",
        "lead it through the bouncers of the moved tables");
  }

  void goes_astray(const std::string& who, const Group& group) {
    const bool writes = group.touched.writes(Part::kept);
    add("pool_touches_kept", writes ? Severity::blocker : Severity::warning, "sessions of " + who, evidence(group),
        activity,
        writes ? "it comes through the bouncers that are repointed: from the cutover on its writes to kept tables are "
                 "refused"
               : "it comes through the bouncers that are repointed: from the cutover on it reads a stale copy of kept "
                 "tables",
        "lead what touches kept tables through another pool");
  }

  void writes_both(const Session& session) {
    std::vector<std::string> tables;
    for (const auto& [part, table] : session.together)
      tables.push_back(fmt::format("{} {}", name_of(part), table.sql()));
    add("transaction_writes_both", Severity::blocker, "session " + session.who(),
        fmt::format("one transaction wrote {} ({})", fmt::join(tables, ", "), seen_.observed),
        "SELECT pid, relation::regclass, mode FROM pg_locks WHERE mode = 'RowExclusiveLock' AND granted",
        "after the split no transaction spans both sides: one half fails, or stays when the other is rolled back",
        "make two transactions of it, or one that the other side can repeat");
  }

  void holds_up(const Session& session) {
    const bool idle = session.state.starts_with("idle in transaction");
    const auto end = fmt::format("SELECT pg_terminate_backend({})", session.pid);
    if (session.transaction_s > long_s && idle) {
      add("idle_in_transaction", Severity::warning, "session " + session.who(),
          fmt::format("{}, its transaction is open for {:.0f} s, and it said nothing for {:.0f} s", session.state,
                      session.transaction_s, session.in_state_s),
          activity,
          "PAUSE waits for it, and so does everything that needs a lock on what it touched: the window's budget goes "
          "by",
          fmt::format("{}; and set idle_in_transaction_session_timeout", end));
    } else if (session.transaction_s > long_s) {
      add("long_transaction", Severity::warning, "session " + session.who(),
          fmt::format("{}, for {:.0f} s", session.state, session.transaction_s), activity,
          "PAUSE waits for its end: a cutover while something like it runs is cut short by its budget",
          fmt::format("keep such jobs away from the window, or: {}", end));
    }
    if (session.advisory_locks > 0) {
      add("advisory_lock", Severity::warning, "session " + session.who(),
          fmt::format("it holds {} advisory locks", session.advisory_locks),
          "SELECT pid, classid, objid, mode FROM pg_locks WHERE locktype = 'advisory'",
          "these locks are of one server: after the split the two sides don't see each other's, and what they keep "
          "apart runs twice",
          "find out what they keep apart; if it touches both parts, let it have its locks outside of the database");
    }
  }

  void prepared(const PreparedTransaction& one) {
    add("prepared_transaction", Severity::blocker, fmt::format("prepared transaction {}", one.gid),
        fmt::format("of {}, for {:.0f} s", one.owner, one.age_s), "SELECT * FROM pg_prepared_xacts",
        "it holds its locks until somebody ends it, and lives on in a promoted copy: one of two could be committed on "
        "each side",
        fmt::format("COMMIT PREPARED or ROLLBACK PREPARED {}", postgres::quote_literal(one.gid)));
  }

  const SessionsSeen& seen_;
  TableReferences& references_;
  Groups round_;
  Groups astray_;
  Findings found_;
};

}  // namespace

Findings judge_sessions(const SessionsSeen& seen, TableReferences& references) {
  return SessionJudge(seen, references).run();
}

}  // namespace pgcleave::checks

#include "postgres/locks.h"

#include "base/format.h"

namespace pgcleave::postgres {
namespace {

// From pg_locks outwards, so that the cost grows with the locks that are held and not with the catalog. A prepared
// transaction's locks have no pid; its transaction id is found through the lock that it holds on itself (PostgreSQL 15:
// the documented join of virtualtransaction to '-1/xid' finds it after a restart only). {of_interest} says which
// relations count.
constexpr const char* holders_sql = R"sql(
  SELECT COALESCE(l.pid, 0) AS pid, a.usename, p.owner, a.application_name, a.backend_type, a.state, n.nspname,
         c.relname, l.mode, p.gid,
         CASE WHEN a.client_addr IS NOT NULL THEN pg_catalog.host(a.client_addr)
              WHEN a.backend_type = 'client backend' THEN 'local' ELSE '' END AS address,
         (EXTRACT(epoch FROM pg_catalog.clock_timestamp()
                               - COALESCE(a.xact_start, p.prepared)) * 1000000)::int8 AS age_us,
         a.backend_type = 'autovacuum worker' AND a.query LIKE '%(to prevent wraparound)%' AS anti_wraparound,
         a.backend_start
    FROM (SELECT * FROM pg_catalog.pg_locks
           WHERE locktype = 'relation' AND granted AND mode = ANY ($3::text[])
             AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
             AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid() OFFSET 0) l
    JOIN pg_catalog.pg_class c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_catalog.pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'
                                   AND x.virtualtransaction = l.virtualtransaction
    LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid
   WHERE ({of_interest})
     AND ($4 OR a.backend_type IS NULL
          OR (a.backend_type <> 'autovacuum worker' AND a.backend_type NOT LIKE 'logical replication%'))
   ORDER BY l.pid, n.nspname, c.relname, l.mode)sql";

// The same locks without who holds them. Planning the query above takes longer than running it, and mostly nobody is
// there.
constexpr const char* any_holder_sql = R"sql(
  SELECT FROM (SELECT * FROM pg_catalog.pg_locks
                WHERE locktype = 'relation' AND granted AND mode = ANY ($3::text[])
                  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                  AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid() OFFSET 0) l
    JOIN pg_catalog.pg_class c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE {of_interest}
   LIMIT 1)sql";

constexpr const char* named =
    "(n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[]::name[], $2::text[]::name[]))";

// Named or fenced itself, or below one that is. Of a lock that is weaker than a writer's only a partitioned table's
// counts.
constexpr const char* of_the_split = R"sql((l.mode <> 'ShareUpdateExclusiveLock' OR c.relkind = 'p') AND EXISTS (
     WITH RECURSIVE line(oid) AS (
       SELECT c.oid UNION SELECT i.inhparent FROM line JOIN pg_catalog.pg_inherits i ON i.inhrelid = line.oid)
     SELECT FROM line
       JOIN pg_catalog.pg_class lc ON lc.oid = line.oid
       JOIN pg_catalog.pg_namespace ln ON ln.oid = lc.relnamespace
      WHERE (ln.nspname, lc.relname) IN (SELECT * FROM unnest($1::text[]::name[], $2::text[]::name[]))
         OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = line.oid AND t.tgname = {fence})))sql";

// Cheaper, and true of more: whatever is below anything is looked at by the query above.
constexpr const char* perhaps_of_the_split = R"sql((l.mode <> 'ShareUpdateExclusiveLock' OR c.relkind = 'p')
     AND ((n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[]::name[], $2::text[]::name[]))
       OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = {fence})))sql";

struct Interest {
  std::string certainly;
  std::string perhaps;
};

Result<std::vector<Blocker>> holders(Connection& connection, const std::vector<TableName>& tables,
                                     const Interest& interest, const std::vector<std::string>& modes,
                                     bool server_processes, Deadline deadline) {
  const auto names = name_arrays(tables);
  TRY_ASSIGN(const Rows any, connection.query(fmt::format(any_holder_sql, fmt::arg("of_interest", interest.perhaps)),
                                              {names.schemas, names.names, array_literal(modes)}, deadline));
  if (any.empty()) return std::vector<Blocker>{};
  TRY_ASSIGN(
      const Rows rows,
      connection.query(fmt::format(holders_sql, fmt::arg("of_interest", interest.certainly)),
                       {names.schemas, names.names, array_literal(modes), server_processes ? "t" : "f"}, deadline));
  std::vector<Blocker> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Blocker blocker;
    blocker.pid = static_cast<int>(rows.number(row, "pid"));
    blocker.user = rows.text(row, blocker.pid == 0 ? "owner" : "usename");
    blocker.application = rows.text(row, "application_name");
    blocker.address = rows.text(row, "address");
    blocker.backend_type = rows.text(row, "backend_type");
    blocker.state = rows.text(row, "state");
    blocker.transaction_age = Duration(rows.number(row, "age_us"));
    blocker.table = {rows.text(row, "nspname"), rows.text(row, "relname")};
    blocker.mode = rows.text(row, "mode");
    blocker.prepared = rows.text(row, "gid");
    blocker.anti_wraparound = rows.boolean(row, "anti_wraparound");
    blocker.backend_start = rows.text(row, "backend_start");
    found.push_back(std::move(blocker));
  }
  return found;
}

}  // namespace

std::string Blocker::text() const {
  const auto held = fmt::format("{} on {} for {}", mode, table.sql(), to_text(transaction_age));
  if (pid == 0) return fmt::format("prepared transaction '{}' of {}: {}", prepared, user, held);
  std::string who = fmt::format("pid {}", pid);
  if (backend_type != "client backend")
    who += fmt::format(", {}{}", backend_type, anti_wraparound ? " to prevent wraparound" : "");
  if (!user.empty()) who += " of " + user;
  if (!application.empty()) who += fmt::format(" ({})", application);
  if (!address.empty()) who += " from " + address;
  if (!state.empty()) who += ", " + state;
  return who + ": " + held;
}

Result<std::vector<Blocker>> writers(Connection& connection, const std::string& split,
                                     const std::vector<TableName>& tables, Deadline deadline) {
  const auto fence = quote_literal("pgcleave_fence_" + split);
  const Interest interest{fmt::format(of_the_split, fmt::arg("fence", fence)),
                          fmt::format(perhaps_of_the_split, fmt::arg("fence", fence))};
  return holders(
      connection, tables, interest,
      {"ShareUpdateExclusiveLock", "RowExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"},
      false, deadline);
}

Result<std::vector<Blocker>> in_the_way(Connection& connection, const std::vector<TableName>& tables,
                                        Deadline deadline) {
  return holders(connection, tables, {named, named},
                 {"RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock",
                  "AccessExclusiveLock"},
                 true, deadline);
}

Result<std::vector<Blocker>> in_the_way_of_truncate(Connection& connection, const std::vector<TableName>& tables,
                                                    Deadline deadline) {
  return holders(connection, tables, {named, named},
                 {"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
                  "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"},
                 true, deadline);
}

namespace {

// One that may not be ended fails the whole statement (PostgreSQL 15 to 18), so it is left out: no other one is kept
// by it. A role that is no superuser ends no superuser's session, whatever it was granted.
constexpr const char* terminate_sql = R"sql(
      SELECT a.pid, a.usename, CASE WHEN a.allowed THEN pg_catalog.pg_terminate_backend(a.pid) END IS NULL AS refused
        FROM (SELECT s.pid, s.usename,
                     me.rolsuper OR (NOT COALESCE(r.rolsuper, true) AND
                       (pg_catalog.pg_has_role(me.oid, s.usesysid, 'USAGE') OR
                        pg_catalog.pg_has_role(me.oid, 'pg_signal_backend'::regrole, 'USAGE'))) AS allowed
                FROM pg_catalog.pg_stat_activity s
                JOIN pg_catalog.pg_roles me ON me.rolname = CURRENT_USER
                LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.usesysid
               WHERE (s.pid, s.backend_start) IN (SELECT * FROM unnest($1::int4[], $2::timestamptz[]))
              OFFSET 0) AS a
       ORDER BY a.pid)sql";

Error may_not_terminate(const Connection& connection, const Rows& sessions) {
  Error error;
  error.kind = ErrorKind::not_ready;
  error.object = connection.name();
  error.what = "the role of pgcleave may not end a session of a superuser";
  error.code = insufficient_privilege;
  std::string ending;
  for (std::size_t row = 0; row < sessions.size(); ++row) {
    if (!sessions.boolean(row, "refused")) continue;
    const auto& pid = sessions.text(row, "pid");
    error.seen += fmt::format("{}pid {} of {}", error.seen.empty() ? "" : ", ", pid, sessions.text(row, "usename"));
    ending += fmt::format(" SELECT pg_terminate_backend({});", pid);
  }
  error.hint = "have a superuser end it:" + ending;
  return error;
}

}  // namespace

Result<void> terminate(Connection& connection, const std::vector<Blocker>& blockers, Deadline deadline) {
  std::vector<std::string> pids;
  std::vector<std::string> starts;
  std::vector<std::string> prepared;
  for (const auto& blocker : blockers) {
    if (blocker.pid == 0) {
      prepared.push_back(blocker.prepared);
    } else {
      pids.push_back(std::to_string(blocker.pid));
      starts.push_back(blocker.backend_start);
    }
  }
  TRY_ASSIGN(const auto sessions,
             connection.query(terminate_sql, {array_literal(pids), array_literal(starts)}, deadline));
  auto refused = may_not_terminate(connection, sessions);
  if (!refused.seen.empty()) return fail(refused);
  if (prepared.empty()) return {};
  Error error;
  error.kind = ErrorKind::not_ready;
  error.object = connection.name();
  error.what = "a prepared transaction can't be terminated";
  error.seen = fmt::format("'{}'", fmt::join(prepared, "', '"));
  error.hint = fmt::format("decide: COMMIT PREPARED {0} or ROLLBACK PREPARED {0}", quote_literal(prepared.front()));
  return fail(error);
}

}  // namespace pgcleave::postgres

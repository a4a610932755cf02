// The fence's triggers, table by table. CREATE and DROP TRIGGER wait for every writer of the table, and every later
// writer waits behind them: hence short lock timeouts, and another try later, for as long as the caller has time.
#include <deque>
#include <functional>

#include "base/format.h"
#include "fence/kept_fence.h"
#include "fence/sql/fence_sql.h"
#include "postgres/locks.h"
#include "postgres/sql/lock_waits.h"

namespace pgcleave::fence {
namespace {

Error gave_up_on(const postgres::TableName& table, const std::vector<postgres::Blocker>& blockers, bool interrupted) {
  return in_the_way_error(blockers, "table " + table.sql(),
                          fmt::format("table {} could be locked for its fence trigger", table.sql()), interrupted);
}

// One table a transaction: whoever holds one lock while it waits for the next makes clients of both wait, and can
// deadlock with them (seen: 0.8 s for the unluckiest of 16 writers with many tables per transaction, some milliseconds
// with one).
Result<void> table_by_table(postgres::Connection& primary, const std::vector<postgres::TableName>& tables,
                            const std::function<std::string(const postgres::TableName&)>& sql, Duration lock_timeout,
                            Deadline deadline, const StopFlag* stop) {
  std::deque<postgres::TableName> left(tables.begin(), tables.end());
  for (int round = 0; !left.empty(); ++round) {
    std::deque<postgres::TableName> later;
    for (const auto& table : left) {
      const auto done =
          primary.simple(fmt::format("{}; {}", postgres::lock_timeout_sql(lock_timeout, deadline), sql(table)),
                         Deadline::in(deadline.left() + lock_timeout));
      if (done) continue;
      if (!postgres::is_for_want_of_a_lock(done.error())) return fail(done.error());
      const bool stopped = stop != nullptr && stop->requested();
      if (stopped || deadline.passed()) {
        TRY_ASSIGN(const auto blockers, in_the_way(primary, {table}, Deadline::in(std::chrono::seconds(2))));
        return fail(gave_up_on(table, blockers, stopped));
      }
      later.push_back(table);
    }
    left = std::move(later);
    if (!left.empty() && !sleep_until(deadline, postgres::backoff(round), stop)) {
      TRY_ASSIGN(const auto blockers, in_the_way(primary, {left.front()}, Deadline::in(std::chrono::seconds(2))));
      return fail(gave_up_on(left.front(), blockers, true));
    }
  }
  return {};
}

// The two fences have the same trigger with another name and function.
struct StatementTrigger {
  std::string name;
  std::string function;
};

StatementTrigger moved_trigger(const std::string& split) {
  return {fence_trigger_name(split), fence_object("fence", split) + "()"};
}
StatementTrigger kept_trigger(const std::string& split) {
  return {postgres::quote_identifier("pgcleave_fence_kept_" + split), kept_fence_function(split)};
}

Result<FenceDrift> drift_of(postgres::Connection& connection, const StatementTrigger& trigger,
                            const std::vector<postgres::TableName>& fenced, Deadline deadline) {
  const auto named = name_arrays(fenced);
  // Schema pgcleave holds the prober's table, which is fenced and no table of the split.
  // tgtype 62: before, for each statement, of insert, delete, update and truncate (catalog/pg_trigger.h).
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      WITH moved AS (SELECT * FROM unnest($1::text[], $2::text[]) AS m(schema, name)),
           fenced AS (SELECT n.nspname AS schema, c.relname AS name,
                             t.tgenabled = 'O' AND t.tgtype = 62 AND t.tgqual IS NULL AND t.tgattr::text = '' AS works
                        FROM pg_catalog.pg_trigger t
                        JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                       WHERE t.tgfoid = pg_catalog.to_regprocedure($3) AND n.nspname <> 'pgcleave')
      SELECT true AS missing, schema, name FROM moved
        WHERE (schema, name) NOT IN (SELECT schema, name FROM fenced WHERE works)
      UNION ALL
      SELECT DISTINCT false, schema, name FROM fenced WHERE (schema, name) NOT IN (SELECT schema, name FROM moved)
      ORDER BY 1, 2, 3)sql",
                                                         {named.schemas, named.names, trigger.function}, deadline));
  FenceDrift drift;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto& list = rows.boolean(row, "missing") ? drift.missing : drift.superfluous;
    list.push_back({rows.text(row, "schema"), rows.text(row, "name")});
  }
  return drift;
}

Result<void> create_all(postgres::Connection& primary, const StatementTrigger& trigger,
                        const std::vector<postgres::TableName>& tables, Duration lock_timeout, Deadline deadline,
                        const StopFlag* stop) {
  TRY_ASSIGN(const FenceDrift drift, drift_of(primary, trigger, tables, deadline));
  const auto sql = [&](const postgres::TableName& table) {
    return fmt::format(
        "CREATE OR REPLACE TRIGGER {} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT EXECUTE "
        "FUNCTION {}",
        trigger.name, table.sql(), trigger.function);
  };
  return table_by_table(primary, drift.missing, sql, lock_timeout, deadline, stop);
}

Result<void> drop_all(postgres::Connection& primary, const StatementTrigger& trigger,
                      const std::vector<postgres::TableName>& tables, Duration lock_timeout, Deadline deadline,
                      const StopFlag* stop) {
  const auto sql = [&](const postgres::TableName& table) {
    return fmt::format("DROP TRIGGER IF EXISTS {} ON {}", trigger.name, table.sql());
  };
  return table_by_table(primary, tables, sql, lock_timeout, deadline, stop);
}

}  // namespace

Result<FenceDrift> fence_drift(postgres::Connection& connection, const Fence& fence,
                               const std::vector<postgres::TableName>& moved, Deadline deadline) {
  return drift_of(connection, moved_trigger(fence.split), moved, deadline);
}

Result<void> create_triggers(postgres::Connection& primary, const Fence& fence,
                             const std::vector<postgres::TableName>& tables, Duration lock_timeout, Deadline deadline,
                             const StopFlag* stop) {
  return create_all(primary, moved_trigger(fence.split), tables, lock_timeout, deadline, stop);
}

Result<void> drop_triggers(postgres::Connection& primary, const Fence& fence,
                           const std::vector<postgres::TableName>& tables, Duration lock_timeout, Deadline deadline,
                           const StopFlag* stop) {
  return drop_all(primary, moved_trigger(fence.split), tables, lock_timeout, deadline, stop);
}

Result<FenceDrift> kept_fence_drift(postgres::Connection& connection, const Fence& fence,
                                    const std::vector<postgres::TableName>& kept, Deadline deadline) {
  return drift_of(connection, kept_trigger(fence.split), kept, deadline);
}

Result<void> create_kept_triggers(postgres::Connection& primary, const Fence& fence,
                                  const std::vector<postgres::TableName>& tables, Duration lock_timeout,
                                  Deadline deadline, const StopFlag* stop) {
  return create_all(primary, kept_trigger(fence.split), tables, lock_timeout, deadline, stop);
}

Result<void> drop_kept_triggers(postgres::Connection& primary, const Fence& fence,
                                const std::vector<postgres::TableName>& tables, Duration lock_timeout,
                                Deadline deadline, const StopFlag* stop) {
  return drop_all(primary, kept_trigger(fence.split), tables, lock_timeout, deadline, stop);
}

}  // namespace pgcleave::fence

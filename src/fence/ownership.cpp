#include "fence/ownership.h"

#include "base/format.h"
#include "fence/kept_fence.h"
#include "fence/sql/fence_sql.h"
#include "postgres/sql/schema_lock.h"

namespace pgcleave::fence {
namespace {

constexpr const char* wrong_owner = "PC001";
constexpr const char* stale_epoch = "PC002";

}  // namespace

const char* name_of(Owner owner) {
  switch (owner) {
    case Owner::nobody: return "nobody";
    case Owner::source: return "source";
    case Owner::target: return "target";
  }
  return "nobody";
}

Result<bool> is_installed(postgres::Connection& connection, const Fence& fence, Deadline deadline) {
  TRY_ASSIGN(const postgres::Rows rows,
             connection.query(
                 R"sql(
      SELECT pg_catalog.to_regclass($1) IS NOT NULL AND pg_catalog.to_regclass($2) IS NOT NULL
             AND pg_catalog.to_regclass($7) IS NOT NULL
             AND pg_catalog.to_regclass($10) IS NOT NULL
             AND pg_catalog.to_regclass('pgcleave.ownership_log') IS NOT NULL
             AND pg_catalog.to_regclass('pgcleave.holder') IS NOT NULL
             AND pg_catalog.to_regclass('pgcleave.split_frozen') IS NOT NULL
             AND pg_catalog.to_regclass('pgcleave.split_tables') IS NOT NULL
             AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
                          WHERE t.tgrelid = pg_catalog.to_regclass($8) AND t.tgname = $9 AND t.tgenabled = 'O'
                            AND t.tgfoid = pg_catalog.to_regprocedure($3))
             AND $4 = (SELECT prosrc FROM pg_catalog.pg_proc WHERE oid = pg_catalog.to_regprocedure($3))
             AND $6 = (SELECT prosrc FROM pg_catalog.pg_proc
                       WHERE oid = pg_catalog.to_regprocedure($5)) AS installed)sql",
                 {fence_object("owner", fence.split), fence_object("canary_source", fence.split),
                  fence_object("fence", fence.split) + "()", fence_function_body(fence),
                  fence_object("pass", fence.split) + "(integer,integer,text,integer)", pass_function_body(fence.split),
                  fence_object("canary_target", fence.split), fence_object("probe", fence.split),
                  probe_trigger(fence.split), fence_object("epoch", fence.split)},
                 deadline));
  return rows.boolean(0, "installed");
}

Result<void> install(postgres::Connection& primary, const Fence& fence, Deadline deadline) {
  TRY_ASSIGN(const bool there, is_installed(primary, fence, deadline));
  if (there) return {};
  return postgres::run_with_schema_lock(
      primary, fmt::format("SELECT {};\n{}", split_lock_sql(fence.split), install_sql(fence)), deadline);
}

Result<void> uninstall(postgres::Connection& primary, const Fence& fence, Deadline deadline) {
  const auto name = [&](const char* kind) { return fence_object(kind, fence.split); };
  const std::string last_one_out = R"sql(
BEGIN
  IF pg_catalog.to_regclass('pgcleave.ownership_log') IS NOT NULL THEN
    IF pg_catalog.to_regclass('pgcleave.holder') IS NOT NULL THEN
      DELETE FROM pgcleave.holder WHERE split = )sql" +
                                   postgres::quote_literal(fence.split) + R"sql(;
    END IF;
    IF pg_catalog.to_regclass('pgcleave.split_frozen') IS NOT NULL THEN
      DELETE FROM pgcleave.split_frozen WHERE split = )sql" +
                                   postgres::quote_literal(fence.split) + R"sql(;
    END IF;
    DELETE FROM pgcleave.ownership_log WHERE split = )sql" +
                                   postgres::quote_literal(fence.split) + R"sql(;
    IF NOT EXISTS (SELECT FROM pgcleave.ownership_log)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE n.nspname = 'pgcleave' AND p.proname LIKE 'pass\_%') THEN
      DROP TABLE pgcleave.ownership_log;
      DROP TABLE IF EXISTS pgcleave.holder, pgcleave.split_tables, pgcleave.split_frozen;
    END IF;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
                  WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname = 'pgcleave') THEN
    DROP SCHEMA IF EXISTS pgcleave;
  END IF;
END)sql";
  return postgres::run_with_schema_lock(
      primary,
      fmt::format(
          "SELECT {lock}; DROP TABLE IF EXISTS {probe}; DROP FUNCTION IF EXISTS {fence}(); DROP FUNCTION IF EXISTS "
          "{kept}; "
          "DROP FUNCTION IF EXISTS {pass}(integer, integer, text, integer); "
          "DROP SEQUENCE IF EXISTS {owner}, {epoch}; DROP TABLE IF EXISTS {from_source}, {from_target}; DO {rest}",
          fmt::arg("lock", split_lock_sql(fence.split)), fmt::arg("fence", name("fence")),
          fmt::arg("probe", name("probe")), fmt::arg("pass", name("pass")), fmt::arg("owner", name("owner")),
          fmt::arg("epoch", name("epoch")), fmt::arg("from_source", name("canary_source")),
          fmt::arg("from_target", name("canary_target")), fmt::arg("rest", postgres::quote_literal(last_one_out)),
          fmt::arg("kept", kept_fence_function(fence.split))),
      deadline);
}

Result<std::optional<Owner>> owner(postgres::Connection& connection, const std::string& split, Deadline deadline) {
  const auto rows = connection.query("SELECT last_value FROM " + fence_object("owner", split), {}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return std::nullopt;
  if (!rows) return fail(rows.error());
  return static_cast<Owner>(rows->number(0, "last_value"));
}

// Both transactions go in one round trip. The announcement needs no flush of its own: WAL is in order, so whatever
// keeps the second transaction keeps the first. READ COMMITTED, whatever the role's default: the log must be read after
// the lock is taken.
Result<void> pass_ownership(postgres::Connection& primary, const std::string& split, Owner expected, Owner next,
                            const std::string& run, int epoch, Deadline deadline) {
  const auto call = fmt::format("SELECT {}({}, {}, {}, {})", fence_object("pass", split), static_cast<int>(expected),
                                static_cast<int>(next), postgres::quote_literal(run), epoch);
  const auto passed = primary.simple(
      fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO off; "
                  "{0}; COMMIT; "
                  "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO on; "
                  "{0}; COMMIT",
                  call),
      deadline);
  if (passed) return {};
  Error error = passed.error();
  if (error.code != wrong_owner && error.code != stale_epoch) return fail(error);
  error.kind = ErrorKind::conflict;
  error.object = fmt::format("owner of split {} on {}", split, primary.name());
  if (error.code == wrong_owner) {
    error.what = fmt::format("could not be set to {}", name_of(next));
    error.expected = name_of(expected);
  } else {
    error.what = fmt::format("could not be set to {}: another session is changing it", name_of(next));
    error.expected = fmt::format("no other run at epoch {} or above", epoch);
  }
  error.hint = fmt::format("who did it: SELECT * FROM pgcleave.ownership_log WHERE split = {} ORDER BY id DESC",
                           postgres::quote_literal(split));
  return fail(error);
}

}  // namespace pgcleave::fence

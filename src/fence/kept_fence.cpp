#include "fence/kept_fence.h"

#include "base/format.h"
#include "fence/sql/fence_sql.h"

namespace pgcleave::fence {

// Everything is qualified: it runs with whatever search_path the client has.
std::string kept_fence_body(const Fence& fence) {
  return fmt::format(R"sql(
DECLARE
  here pg_catalog.text := pg_catalog.current_setting('cluster_name');
BEGIN
  IF here OPERATOR(pg_catalog.=) {source} THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION USING ERRCODE = '2F002',
    MESSAGE = pg_catalog.format('table %I.%I takes no writes on cluster "%s": it stayed behind in split "%s"',
      TG_TABLE_SCHEMA, TG_TABLE_NAME, here, {split}),
    HINT = pg_catalog.format('Write to cluster "%s".', {source});
END)sql",
                     fmt::arg("source", postgres::quote_literal(fence.source_cluster_name)),
                     fmt::arg("split", postgres::quote_literal(fence.split)));
}

Result<KeptFence> kept_fence(postgres::Connection& connection, const Fence& fence, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query("SELECT prosrc = $2 AS installed FROM pg_catalog.pg_proc "
                                               "WHERE oid = pg_catalog.to_regprocedure($1)",
                                               {kept_fence_function(fence.split), kept_fence_body(fence)}, deadline));
  if (rows.empty()) return KeptFence::absent;
  return rows.boolean(0, "installed") ? KeptFence::installed : KeptFence::other;
}

Result<void> install_kept_fence(postgres::Connection& primary, const Fence& fence, Deadline deadline) {
  TRY(primary.simple(
      fmt::format(
          "SELECT {lock}; CREATE OR REPLACE FUNCTION {function} RETURNS pg_catalog.trigger LANGUAGE plpgsql AS {body}; "
          "REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
          fmt::arg("lock", split_lock_sql(fence.split)), fmt::arg("function", kept_fence_function(fence.split)),
          fmt::arg("body", postgres::quote_literal(kept_fence_body(fence)))),
      deadline));
  return {};
}

Result<void> uninstall_kept_fence(postgres::Connection& primary, const Fence& fence, Deadline deadline) {
  TRY(primary.simple(fmt::format("SELECT {}; DROP FUNCTION IF EXISTS {}", split_lock_sql(fence.split),
                                 kept_fence_function(fence.split)),
                     deadline));
  return {};
}

}  // namespace pgcleave::fence

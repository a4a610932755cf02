// Two functions in PL/pgSQL. Everything in them is qualified: they run with whatever search_path the client has.
#include "fence/sql/fence_sql.h"

#include "base/format.h"
#include "fence/sql/witness.h"

namespace pgcleave::fence {
namespace {

// What a fence says. An installed function is compared with this text.
constexpr const char* text_of_an_old_epoch =
    "'This server has ownership of epoch %s only: it was promoted without what came later.'";
constexpr const char* text_of_no_owner =
    "'Repeat the transaction: the split may be changing sides. If it fails again, write to cluster \"%s\".'";

}  // namespace

std::string fence_object(const std::string& kind, const std::string& split) {
  return "pgcleave." + postgres::quote_identifier(kind + "_" + split);
}

std::string kept_fence_function(const std::string& split) {
  return fence_object("fence_kept", split) + "()";
}

std::string fence_trigger_name(const std::string& split) {
  return postgres::quote_identifier("pgcleave_fence_" + split);
}

std::string probe_trigger(const std::string& split) {
  return "pgcleave_probe_" + split;
}

std::string split_lock_sql(const std::string& split) {
  return fmt::format("pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({}, 0))",
                     postgres::quote_literal("pgcleave.owner_" + split));
}

std::string fence_function_body(const Fence& fence) {
  return fmt::format(R"sql(
DECLARE
  holder pg_catalog.int8;
  taken pg_catalog.int8;
  here pg_catalog.text := pg_catalog.current_setting('cluster_name');
  witness pg_catalog.text := pg_catalog.current_setting({setting}, true);
BEGIN
  SELECT last_value INTO holder FROM {owner};
  IF (holder OPERATOR(pg_catalog.=) 1 AND here OPERATOR(pg_catalog.=) {source})
     OR (holder OPERATOR(pg_catalog.=) 2 AND here OPERATOR(pg_catalog.=) {target}) THEN
    IF witness IS NULL OR pg_catalog.starts_with(witness, CASE holder WHEN 1 THEN 'source' ELSE 'target' END)
       OR NOT witness OPERATOR(pg_catalog.~) {pattern} THEN
      RETURN NULL;
    END IF;
    SELECT last_value INTO taken FROM {epoch};
    IF taken OPERATOR(pg_catalog.>) pg_catalog.substring(witness, {pattern})::pg_catalog.int8 THEN
      RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '2F002',
      MESSAGE = pg_catalog.format('table %I.%I takes no writes on cluster "%s": the witness of split "%s" says %s',
        TG_TABLE_SCHEMA, TG_TABLE_NAME, here, {split}, witness),
      DETAIL = pg_catalog.format({old_epoch}, taken),
      HINT = pg_catalog.format('Write to cluster "%s".', CASE holder WHEN 1 THEN {target} ELSE {source} END);
  END IF;
  RAISE EXCEPTION USING ERRCODE = '2F002',
    MESSAGE = pg_catalog.format('table %I.%I takes no writes on cluster "%s": the owner of split "%s" is %s',
      TG_TABLE_SCHEMA, TG_TABLE_NAME, here, {split},
      CASE holder WHEN 1 THEN 'source' WHEN 2 THEN 'target' ELSE 'nobody' END),
    HINT = CASE
      WHEN holder OPERATOR(pg_catalog.=) 1 OR holder OPERATOR(pg_catalog.=) 0 AND here OPERATOR(pg_catalog.=) {target}
        AND pg_catalog.starts_with(witness, 'source') THEN pg_catalog.format('Write to cluster "%s".', {source})
      WHEN holder OPERATOR(pg_catalog.=) 2 OR holder OPERATOR(pg_catalog.=) 0 AND here OPERATOR(pg_catalog.=) {source}
        AND pg_catalog.starts_with(witness, 'target') THEN pg_catalog.format('Write to cluster "%s".', {target})
      ELSE pg_catalog.format({no_owner},
        CASE here WHEN {source} THEN {target} ELSE {source} END) END;
END)sql",
                     fmt::arg("owner", fence_object("owner", fence.split)),
                     fmt::arg("epoch", fence_object("epoch", fence.split)),
                     fmt::arg("setting", postgres::quote_literal(witness_setting(fence.split))),
                     fmt::arg("pattern", postgres::quote_literal(witness_pattern)),
                     fmt::arg("split", postgres::quote_literal(fence.split)),
                     fmt::arg("source", postgres::quote_literal(fence.source_cluster_name)),
                     fmt::arg("target", postgres::quote_literal(fence.target_cluster_name)),
                     fmt::arg("old_epoch", text_of_an_old_epoch), fmt::arg("no_owner", text_of_no_owner));
}

// setval is at once and for good, the log's row only comes with its commit. So that a lost connection or a crash
// between the two can't leave a change that nobody signed, the function is called in two transactions: the first
// announces it in the log, the second sets. Who has announced first is served, unless somebody with a higher epoch
// comes between. Rows whose expected and next are the same announce nothing: they only raise the epoch (holder.h).
//
// The epoch under which a side takes ownership is set before the owner: a member that lacks the second of the two owns
// nothing. A release leaves it alone, so a member that lacks the release has the epoch of an earlier take, which the
// witness (witness.h) is not below.
std::string pass_function_body(const std::string& split) {
  return fmt::format(R"sql(
DECLARE
  seen pg_catalog.int8;
  newest pgcleave.ownership_log;
  top pgcleave.ownership_log;
  mine pg_catalog.bool;
  names pg_catalog.text[] := ARRAY['nobody', 'source', 'target'];
BEGIN
  PERFORM {lock};
  SELECT last_value INTO seen FROM {owner};
  SELECT * INTO newest FROM pgcleave.ownership_log l WHERE l.split = {split} AND {passed} ORDER BY l.id DESC LIMIT 1;
  SELECT * INTO top FROM pgcleave.ownership_log l WHERE l.split = {split} ORDER BY l.epoch DESC, l.id DESC LIMIT 1;
  IF top.epoch > $4 THEN
    RAISE EXCEPTION USING ERRCODE = 'PC002',
      MESSAGE = pg_catalog.format('somebody newer has acted on the owner of split "%s"', {split}),
      DETAIL = pg_catalog.format('epoch %s, run %s', top.epoch, top.run);
  END IF;
  mine := COALESCE(newest.run = $3 AND newest.expected = $1 AND newest.next = $2, false);
  IF seen <> $1 AND NOT (seen = $2 AND mine) THEN
    RAISE EXCEPTION USING ERRCODE = 'PC001',
      MESSAGE = pg_catalog.format('the owner of split "%s" is not the expected one', {split}),
      DETAIL = names[seen + 1];
  END IF;
  IF NOT mine AND seen = newest.expected AND newest.epoch = $4 THEN
    RAISE EXCEPTION USING ERRCODE = 'PC002',
      MESSAGE = pg_catalog.format('somebody else is about to change the owner of split "%s"', {split}),
      DETAIL = pg_catalog.format('epoch %s, run %s', newest.epoch, newest.run);
  END IF;
  IF NOT mine OR newest.epoch <> $4 THEN
    INSERT INTO pgcleave.ownership_log (split, run, epoch, expected, next) VALUES ({split}, $3, $4, $1, $2);
    RETURN 'announced';
  END IF;
  IF $2 <> 0 THEN
    PERFORM pg_catalog.setval({epoch_text}::pg_catalog.regclass, GREATEST($4, (SELECT last_value FROM {epoch})));
  END IF;
  IF seen <> $2 THEN
    PERFORM pg_catalog.setval({owner_text}::pg_catalog.regclass, $2);
  END IF;
  RETURN 'passed';
END)sql",
                     fmt::arg("lock", split_lock_sql(split)), fmt::arg("passed", "l.expected <> l.next"),
                     fmt::arg("owner", fence_object("owner", split)), fmt::arg("split", postgres::quote_literal(split)),
                     fmt::arg("owner_text", postgres::quote_literal(fence_object("owner", split))),
                     fmt::arg("epoch", fence_object("epoch", split)),
                     fmt::arg("epoch_text", postgres::quote_literal(fence_object("epoch", split))));
}

namespace {

// A fence of an older version has no epoch: its log has it. Where the log is gone too, an older witness must not
// outrank the new owner.
std::string epoch_sql(const std::string& split) {
  return "DO " + postgres::quote_literal(fmt::format(
                     R"sql(
BEGIN
  IF pg_catalog.to_regclass({name}) IS NULL THEN
    CREATE SEQUENCE {epoch} AS integer MINVALUE 0 START WITH 0;
    REVOKE ALL ON SEQUENCE {epoch} FROM PUBLIC;
    GRANT SELECT ON SEQUENCE {epoch} TO PUBLIC;
    PERFORM pg_catalog.setval({name}, COALESCE(
      (SELECT l.epoch FROM pgcleave.ownership_log l WHERE l.split = {split} AND l.expected <> l.next AND l.next <> 0
       ORDER BY l.id DESC LIMIT 1),
      pg_catalog.substring(pg_catalog.current_setting({setting}, true), {pattern})::pg_catalog.int8 + 1, 0));
  END IF;
END)sql",
                     fmt::arg("name", postgres::quote_literal(fence_object("epoch", split))),
                     fmt::arg("epoch", fence_object("epoch", split)), fmt::arg("split", postgres::quote_literal(split)),
                     fmt::arg("setting", postgres::quote_literal(witness_setting(split))),
                     fmt::arg("pattern", postgres::quote_literal(witness_pattern))));
}

// What all splits of a database share: the log of ownership, leases, and the lists of what was split.
const char* const shared_tables = R"sql(CREATE SCHEMA IF NOT EXISTS pgcleave;
GRANT USAGE ON SCHEMA pgcleave TO PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.ownership_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  split text NOT NULL,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  run text NOT NULL,
  epoch integer NOT NULL,
  expected integer NOT NULL,
  next integer NOT NULL);
REVOKE ALL ON pgcleave.ownership_log FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.holder (
  split text PRIMARY KEY,
  run text NOT NULL,
  epoch integer NOT NULL,
  operator text NOT NULL,
  host text NOT NULL,
  journal text NOT NULL,
  since timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  ended timestamptz);
REVOKE ALL ON pgcleave.holder FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.split_frozen (
  split text PRIMARY KEY,
  run text NOT NULL,
  epoch integer NOT NULL,
  text text NOT NULL,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp());
REVOKE ALL ON pgcleave.split_frozen FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.split_tables (
  split text NOT NULL REFERENCES pgcleave.split_frozen ON DELETE CASCADE,
  class text NOT NULL,
  schema text NOT NULL,
  name text NOT NULL,
  relation oid NOT NULL,
  root oid NOT NULL,
  PRIMARY KEY (split, relation));
REVOKE ALL ON pgcleave.split_tables FROM PUBLIC;
)sql";

// What is the split's own.
std::string own_objects_sql(const Fence& fence) {
  const auto name = [&](const char* kind) { return fence_object(kind, fence.split); };
  return fmt::format(R"sql(CREATE SEQUENCE IF NOT EXISTS {owner} AS smallint MINVALUE 0 MAXVALUE 2 START WITH 1;
REVOKE ALL ON SEQUENCE {owner} FROM PUBLIC;
GRANT SELECT ON SEQUENCE {owner} TO PUBLIC;
{make_epoch};
CREATE TABLE IF NOT EXISTS {from_source} (token text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp());
REVOKE ALL ON {from_source} FROM PUBLIC;
CREATE TABLE IF NOT EXISTS {from_target} (token text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp());
REVOKE ALL ON {from_target} FROM PUBLIC;
CREATE OR REPLACE FUNCTION {fence}() RETURNS pg_catalog.trigger LANGUAGE plpgsql AS {fence_body};
REVOKE ALL ON FUNCTION {fence}() FROM PUBLIC;
CREATE OR REPLACE FUNCTION {pass}(expected integer, next integer, run text, epoch integer) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog AS {pass_body};
REVOKE ALL ON FUNCTION {pass}(integer, integer, text, integer) FROM PUBLIC;
CREATE TABLE IF NOT EXISTS {probe} (bouncer text PRIMARY KEY, n bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()) WITH (fillfactor = 20);
REVOKE ALL ON {probe} FROM PUBLIC;
CREATE OR REPLACE TRIGGER {probe_trigger} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {probe} FOR EACH STATEMENT
  EXECUTE FUNCTION {fence}();
)sql",
                     fmt::arg("owner", name("owner")), fmt::arg("make_epoch", epoch_sql(fence.split)),
                     fmt::arg("probe", name("probe")),
                     fmt::arg("probe_trigger", postgres::quote_identifier(probe_trigger(fence.split))),
                     fmt::arg("from_source", name("canary_source")), fmt::arg("from_target", name("canary_target")),
                     fmt::arg("fence", name("fence")), fmt::arg("pass", name("pass")),
                     fmt::arg("fence_body", postgres::quote_literal(fence_function_body(fence))),
                     fmt::arg("pass_body", postgres::quote_literal(pass_function_body(fence.split))));
}

}  // namespace

std::string install_sql(const Fence& fence) {
  return shared_tables + own_objects_sql(fence);
}

}  // namespace pgcleave::fence

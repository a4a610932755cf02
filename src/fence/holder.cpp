#include "fence/holder.h"

#include "base/format.h"
#include "fence/sql/fence_sql.h"
#include "fence/sql/witness.h"

namespace pgcleave::fence {
namespace {

constexpr const char* read_only_transaction = "25006";
constexpr const char* no_read_write_in_recovery =
    "0A000";  // what a standby answers to BEGIN READ WRITE (PostgreSQL 15)

constexpr const char* file_before = " (file ";
constexpr const char* file_behind = ")";

bool nothing_to_sign(const Error& error) {
  return error.code == postgres::undefined_table || error.code == read_only_transaction ||
         error.code == no_read_write_in_recovery;
}

// READ COMMITTED, whatever the role's default: what is there must be read after the lock is taken.
std::string signing(const std::string& split, const Holder& me, bool take_over) {
  return fmt::format(
      R"sql(BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO local; SELECT {lock};
INSERT INTO pgcleave.holder AS h (split, run, epoch, operator, host, journal)
SELECT {split}, {run}, {epoch}, {by}, {host}, {journal}
 WHERE NOT EXISTS (SELECT FROM pgcleave.ownership_log l
                    WHERE l.split = {split} AND (l.epoch > {epoch} OR (l.epoch = {epoch} AND l.run <> {run})))
ON CONFLICT (split) DO UPDATE SET run = excluded.run, epoch = excluded.epoch, operator = excluded.operator,
  host = excluded.host,
  journal = excluded.journal, since = CASE WHEN h.run = excluded.run THEN h.since ELSE excluded.since END, ended = NULL
 WHERE h.ended IS NOT NULL OR {take_over}
   OR (h.run = excluded.run AND h.host = excluded.host AND h.journal IN (excluded.journal, {path}));
INSERT INTO pgcleave.ownership_log (split, run, epoch, expected, next)
SELECT h.split, h.run, h.epoch, o.last_value, o.last_value FROM pgcleave.holder h, {owner} o
 WHERE h.split = {split} AND h.run = {run} AND h.epoch = {epoch} AND h.host = {host} AND h.journal = {journal}
   AND NOT EXISTS (SELECT FROM pgcleave.ownership_log l
                    WHERE l.split = {split} AND l.run = {run} AND l.epoch = {epoch});
COMMIT)sql",
      fmt::arg("lock", split_lock_sql(split)), fmt::arg("owner", fence_object("owner", split)),
      fmt::arg("split", postgres::quote_literal(split)), fmt::arg("run", postgres::quote_literal(me.run)),
      fmt::arg("epoch", me.epoch), fmt::arg("by", postgres::quote_literal(me.by)),
      fmt::arg("host", postgres::quote_literal(me.host)), fmt::arg("journal", postgres::quote_literal(me.journal)),
      fmt::arg("path", postgres::quote_literal(path_of_journal(me.journal))),
      fmt::arg("take_over", take_over ? "true" : "false"));
}

}  // namespace

std::string journal_of_file(const std::string& path, const std::string& file) {
  return path + file_before + file + file_behind;
}

std::string path_of_journal(const std::string& journal) {
  const auto at = journal.rfind(file_before);
  return at == std::string::npos || !journal.ends_with(file_behind) ? journal : journal.substr(0, at);
}

bool Holder::continues(const Holder& earlier) const {
  return run == earlier.run && host == earlier.host &&
         (journal == earlier.journal || path_of_journal(journal) == earlier.journal);
}

std::string Holder::text() const {
  return fmt::format("run {} by {} since {}, journal {} on {}", run, by, since, journal, host);
}

Result<Held> held(postgres::Connection& connection, const std::string& split, Deadline deadline) {
  const auto rows = connection.query(R"sql(
      SELECT h.run, h.epoch, h.operator, h.host, h.journal, h.ended IS NOT NULL AS over,
             pg_catalog.to_char(h.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since,
             GREATEST((SELECT pg_catalog.max(l.epoch) FROM pgcleave.ownership_log l WHERE l.split = $1),
                      pg_catalog.substring(pg_catalog.current_setting($2, true), $3)::pg_catalog.int4) AS last_epoch
        FROM (SELECT) one LEFT JOIN pgcleave.holder h ON h.split = $1)sql",
                                     {split, witness_setting(split), witness_pattern}, deadline);
  Held seen;
  if (!rows && rows.error().code == postgres::undefined_table) {
    TRY_ASSIGN(const auto witness, witness_in_force(connection, split, deadline));
    if (const auto known = read_witness(witness)) seen.last_epoch = known->epoch;
    return seen;
  }
  if (!rows) return fail(rows.error());
  seen.installed = true;
  seen.last_epoch = static_cast<int>(rows->number(0, "last_epoch"));
  if (rows->is_null(0, "run")) return seen;
  Holder holder;
  holder.run = rows->text(0, "run");
  holder.epoch = static_cast<int>(rows->number(0, "epoch"));
  holder.by = rows->text(0, "operator");
  holder.host = rows->text(0, "host");
  holder.journal = rows->text(0, "journal");
  holder.since = rows->text(0, "since");
  holder.over = rows->boolean(0, "over");
  seen.holder = std::move(holder);
  return seen;
}

Result<bool> hold(postgres::Connection& primary, const std::string& split, const Holder& me, bool take_over,
                  Deadline deadline) {
  const auto signed_now = primary.simple(signing(split, me, take_over), deadline);
  if (!signed_now && nothing_to_sign(signed_now.error())) return false;
  if (!signed_now) return fail(signed_now.error());
  TRY_ASSIGN(const auto seen, held(primary, split, deadline));
  if (seen.holder && me.continues(*seen.holder) && seen.holder->epoch == me.epoch) return true;
  const auto object = fmt::format("split {} on {}", split, primary.name());
  if (seen.holder && !seen.holder->over && !me.continues(*seen.holder))
    return fail({ErrorKind::held, object, "another run holds it", "", seen.holder->text(), "", ""});
  return fail({ErrorKind::conflict, object, "somebody acts on it under the same epoch or a higher one",
               fmt::format("below {}", me.epoch), std::to_string(seen.last_epoch), "", ""});
}

Result<bool> release_lease(postgres::Connection& primary, const std::string& split, const std::string& run,
                           Deadline deadline) {
  const auto gone = primary.query(
      "UPDATE pgcleave.holder SET ended = pg_catalog.clock_timestamp() WHERE split = $1 AND run = $2 AND ended IS NULL",
      {split, run}, deadline);
  if (!gone && nothing_to_sign(gone.error())) return false;
  if (!gone) return fail(gone.error());
  return true;
}

}  // namespace pgcleave::fence

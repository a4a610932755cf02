// The one transaction that empties tables, irreversibly. What allows it is read inside it, with the locks held: between
// a look and a TRUNCATE anybody could make, attach, rename or drop a table.
#include "base/format.h"
#include "fence/sql/fence_sql.h"
#include "fence/sql/truncation.h"
#include "postgres/sql/lock_waits.h"

namespace pgcleave::fence {
namespace {

constexpr const char* not_ours = "PC003";

std::string guard_sql(const std::string& split, Owner must_be) {
  const auto owner = fence_object("owner", split);
  return fmt::format("DO {}", postgres::quote_literal(fmt::format(
                                  R"sql(DECLARE
  seen pg_catalog.int8;
BEGIN
  IF pg_catalog.to_regclass({owner_text}) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'the owner forbids it', DETAIL = 'not installed';
  END IF;
  SELECT last_value INTO seen FROM {owner};
  IF seen <> {proof} THEN
    RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'the owner forbids it',
      DETAIL = (ARRAY['nobody', 'source', 'target'])[seen + 1];
  END IF;
END)sql",
                                  fmt::arg("owner", owner), fmt::arg("owner_text", postgres::quote_literal(owner)),
                                  fmt::arg("proof", static_cast<int>(must_be)), fmt::arg("code", not_ours))));
}

Error not_ours_error(const postgres::Connection& where, const std::string& split, Owner must_be, const Error& answer) {
  return {ErrorKind::conflict,
          fmt::format("owner of split {} on {}", split, where.name()),
          "does not allow stale tables to be emptied; nothing was",
          name_of(must_be),
          answer.seen,
          fmt::format("who changed it: SELECT * FROM pgcleave.ownership_log WHERE split = {} ORDER BY id DESC",
                      postgres::quote_literal(split)),
          answer.code};
}

// Until it is committed, or this goes.
class OpenTransaction {
 public:
  explicit OpenTransaction(postgres::Connection& connection) : connection_(connection) {}
  ~OpenTransaction() {
    if (open_ && connection_.alive())
      static_cast<void>(connection_.simple("ROLLBACK", Deadline::in(std::chrono::seconds(5))));
  }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  // As long as it is open ownership is not passed on this side.
  Result<void> begin(const std::string& split, Owner must_be, Duration lock_timeout, Deadline deadline) {
    const auto begun =
        connection_.simple(fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {}; SELECT {}; {}",
                                       postgres::lock_timeout_sql(lock_timeout, deadline), split_lock_sql(split),
                                       guard_sql(split, must_be)),
                           Deadline::in(deadline.left() + lock_timeout + std::chrono::seconds(1)));
    open_ = begun.has_value();
    if (begun) return {};
    if (begun.error().code == not_ours) return fail(not_ours_error(connection_, split, must_be, begun.error()));
    return fail(begun.error());
  }
  Result<void> run(const std::string& sql, Deadline deadline) {
    TRY(connection_.simple(sql, deadline));
    return {};
  }
  Result<void> commit_after(const std::string& sql, Deadline deadline) {
    const auto done = connection_.simple(sql + "; COMMIT", deadline);
    open_ = !done.has_value();
    if (!done) return fail(done.error());
    return {};
  }

 private:
  postgres::Connection& connection_;
  bool open_ = false;
};

// TRUNCATE of a partitioned table reaches all below it.
Result<std::vector<std::uint32_t>> reached_by(postgres::Connection& primary, const Truncation& what,
                                              Deadline deadline) {
  auto all = what.tables;
  all.insert(all.end(), what.also.begin(), what.also.end());
  const auto named = name_arrays(all);
  TRY_ASSIGN(const postgres::Rows rows, primary.query(R"sql(
      SELECT DISTINCT COALESCE(t.relid::oid, c.oid) AS oid
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
        LEFT JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) t ON c.relkind = 'p')sql",
                                                      {named.schemas, named.names}, deadline));
  std::vector<std::uint32_t> oids;
  for (std::size_t row = 0; row < rows.size(); ++row)
    oids.push_back(static_cast<std::uint32_t>(rows.number(row, "oid")));
  return oids;
}

Result<void> note_missing(postgres::Connection& other, const std::string& side, std::vector<StaleTable>& tables,
                          Deadline deadline) {
  TRY_ASSIGN(const auto why, missing_here(other, tables, side, deadline));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (tables[i].why_not.empty()) tables[i].why_not = why[i];
  }
  return {};
}

std::vector<StaleTable> unproven(std::vector<StaleTable> tables) {
  std::erase_if(tables, [](const auto& table) { return table.why_not.empty(); });
  return tables;
}

// What is there stays there until `there` ends. ACCESS SHARE is in the way of DDL only, and is taken last: for as long
// as the TRUNCATE takes.
Result<std::vector<StaleTable>> prove_there(OpenTransaction& there, postgres::Connection& other,
                                            std::vector<StaleTable> tables, const Proof& proof, Deadline deadline) {
  TRY(note_missing(other, proof.other_side, tables, deadline));
  if (auto missing = unproven(tables); !missing.empty()) return missing;
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back("ONLY " + table.name.sql());
  const auto locked = there.run(fmt::format("LOCK TABLE {} IN ACCESS SHARE MODE", fmt::join(names, ", ")), deadline);
  if (!locked) return fail(locked.error());
  TRY(note_missing(other, proof.other_side, tables, deadline));
  return unproven(std::move(tables));
}

Result<std::vector<StaleTable>> try_once(postgres::Connection& primary, postgres::Connection& other,
                                         const Truncation& what, const Proof& proof, const Patience& patience) {
  const auto& split = proof.tables.split;
  // Beyond the lock timeouts: a session that is cut off in the middle of a wait could not be asked who was in the way.
  const auto deadline = Deadline::in(patience.deadline.left() + patience.lock_timeout + std::chrono::seconds(1));
  OpenTransaction here(primary);
  TRY(here.begin(split, proof.here, patience.lock_timeout, patience.deadline));
  TRY(here.run(
      fmt::format("SET LOCAL session_replication_role TO replica; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", what.names),
      deadline));
  TRY_ASSIGN(const auto reached, reached_by(primary, what, deadline));
  TRY_ASSIGN(const auto tables, prove_stale(primary, proof.tables, reached, deadline));
  if (auto not_here = unproven(tables); !not_here.empty()) return not_here;
  OpenTransaction there(other);
  TRY(there.begin(split, proof.there, patience.lock_timeout, patience.deadline));
  TRY_ASSIGN(auto not_there, prove_there(there, other, tables, proof, deadline));
  if (!not_there.empty()) return not_there;
  TRY(here.commit_after(fmt::format("TRUNCATE {} CONTINUE IDENTITY RESTRICT", what.names), deadline));
  return std::vector<StaleTable>();
}

}  // namespace

Result<std::vector<StaleTable>> truncate(postgres::Connection& primary, postgres::Connection& other,
                                         const Truncation& what, const Proof& proof, const Patience& patience) {
  auto locked = what.tables;
  locked.insert(locked.end(), what.also.begin(), what.also.end());
  locked.insert(locked.end(), what.leaves.begin(), what.leaves.end());
  const auto& deadline = patience.deadline;
  const auto who = [&] { return in_the_way_of_truncate(primary, locked, Deadline::in(std::chrono::seconds(2))); };
  const auto given_up = [&](bool interrupted) -> Result<std::vector<StaleTable>> {
    TRY_ASSIGN(const auto blockers, who());
    const auto name = what.tables.front().sql();
    return fail(in_the_way_error(blockers, "table " + name, fmt::format("{} could be locked to be emptied", name),
                                 interrupted));
  };
  for (int round = 0;; ++round) {
    auto done = try_once(primary, other, what, proof, patience);
    if (done || !postgres::is_for_want_of_a_lock(done.error())) return done;
    if (deadline.passed()) return given_up(false);
    if (patience.tell && round % 5 == 4) {
      if (const auto blockers = who(); blockers && !blockers->empty())
        patience.tell("in the way: " + blockers->front().text());
    }
    if (!sleep_until(deadline, postgres::backoff(round), patience.stop)) return given_up(true);
  }
}

}  // namespace pgcleave::fence

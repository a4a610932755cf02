#include "compare/kept.h"

#include "base/format.h"
#include "postgres/sql/schema_lock.h"

namespace pgcleave::compare {
namespace {

constexpr const char* state_tables_sql = R"sql(
CREATE TABLE IF NOT EXISTS pgcleave.compared_tables (
  job text NOT NULL REFERENCES pgcleave.jobs ON DELETE CASCADE,
  schema text NOT NULL,
  name text NOT NULL,
  state json NOT NULL DEFAULT '{}',
  PRIMARY KEY (job, schema, name)) WITH (fillfactor = 20);
REVOKE ALL ON pgcleave.compared_tables FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.compared_rows (
  job text NOT NULL REFERENCES pgcleave.jobs ON DELETE CASCADE,
  schema text NOT NULL,
  name text NOT NULL,
  key text NOT NULL,
  PRIMARY KEY (job, schema, name, key));
REVOKE ALL ON pgcleave.compared_rows FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.compared_before (
  schema text NOT NULL,
  name text NOT NULL,
  state json NOT NULL,
  PRIMARY KEY (schema, name));
REVOKE ALL ON pgcleave.compared_before FROM PUBLIC;
)sql";

Result<void> install(postgres::Connection& primary, Deadline deadline) {
  TRY(data::install_jobs(primary, deadline));
  TRY_ASSIGN(const auto there, primary.query("SELECT pg_catalog.to_regclass('pgcleave.compared_before') IS NOT NULL AS "
                                             "there",
                                             {}, deadline));
  if (there.boolean(0, "there")) return {};
  return postgres::run_with_schema_lock(primary, state_tables_sql, deadline);
}

std::string mine(const data::Lease& lease) {
  return fmt::format("j.job = {} AND j.epoch = {} AND j.ended IS NULL", postgres::quote_literal(lease.id), lease.epoch);
}

data::JobDefinition definition_of(const Keeping& keeping) {
  return {keeping.id, keeping.sides, keeping.definition};
}

Result<data::Job> claimed(postgres::Connection& primary, const Keeping& keeping, Deadline deadline) {
  return data::claim(primary, definition_of(keeping), keeping.runner, 0, keeping.take_over, deadline);
}

Error none_to_resume(const Keeping& keeping, const std::string& seen) {
  return {ErrorKind::invalid,
          keeping.id.empty() ? "comparison" : "comparison " + keeping.id,
          "there is none to go on with",
          "one of this split that is not over: " + keeping.definition,
          seen,
          "begin one without --resume; see them with: SELECT * FROM pgcleave.jobs",
          ""};
}

Result<std::vector<KeptTable>> read_kept(postgres::Connection& primary, const std::string& id, Deadline deadline) {
  std::vector<KeptTable> tables;
  TRY_ASSIGN(const auto rows, primary.query("SELECT schema, name, state FROM pgcleave.compared_tables WHERE job = $1 "
                                            "ORDER BY schema COLLATE \"C\", name COLLATE \"C\"",
                                            {id}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    tables.push_back({{rows.text(row, "schema"), rows.text(row, "name")},
                      table_state_in(Json::parse(rows.text(row, "state"), nullptr, false)),
                      {}});
  }
  TRY_ASSIGN(const auto keys, primary.query("SELECT schema, name, key FROM pgcleave.compared_rows WHERE job = $1 "
                                            "ORDER BY key COLLATE \"C\"",
                                            {id}, deadline));
  for (std::size_t row = 0; row < keys.size(); ++row) {
    for (auto& table : tables) {
      if (table.name.schema == keys.text(row, "schema") && table.name.name == keys.text(row, "name"))
        table.keys.push_back(keys.text(row, "key"));
    }
  }
  return tables;
}

std::string row_sql(const std::string& job, const postgres::TableName& table, const std::string& last) {
  return fmt::format("({}, {}, {}, {})", postgres::quote_literal(job), postgres::quote_literal(table.schema),
                     postgres::quote_literal(table.name), postgres::quote_literal(last));
}

std::string changed_sql(const data::Lease& lease, const Change& change) {
  std::vector<std::string> states;
  std::vector<std::string> keys;
  for (const auto& table : change.tables) {
    states.push_back(row_sql(lease.id, table.name, to_text(table.state.json())));
    for (const auto& key : table.keys) keys.push_back(row_sql(lease.id, table.name, key));
  }
  const auto still_mine = fmt::format("EXISTS (SELECT FROM pgcleave.jobs AS j WHERE {})", mine(lease));
  std::string sql;
  if (!states.empty())
    sql += fmt::format(
        "UPDATE pgcleave.compared_tables AS t SET state = v.state::json FROM (VALUES {}) AS v(job, schema, name, "
        "state) WHERE t.job = v.job AND t.schema = v.schema AND t.name = v.name AND {};",
        fmt::join(states, ", "), still_mine);
  if (!keys.empty())
    sql += fmt::format(
        "INSERT INTO pgcleave.compared_rows SELECT v.* FROM (VALUES {}) AS v WHERE {} ON CONFLICT DO NOTHING;",
        fmt::join(keys, ", "), still_mine);
  return sql;
}

}  // namespace

Result<std::vector<std::string>> open_comparisons(postgres::Connection& connection, const std::string& definition,
                                                  Deadline deadline) {
  const auto rows = connection.query(
      "SELECT j.job FROM pgcleave.jobs j WHERE j.ended IS NULL AND $1 IN ('', j.definition) AND EXISTS (SELECT FROM "
      "pgcleave.compared_tables t WHERE t.job = j.job) ORDER BY j.began DESC",
      {definition}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return std::vector<std::string>();
  if (!rows) return fail(rows.error());
  std::vector<std::string> ids;
  for (std::size_t row = 0; row < rows->size(); ++row) ids.push_back(rows->text(row, "job"));
  return ids;
}

Result<Kept> begin_keeping(postgres::Connection& primary, const Keeping& keeping,
                           const std::vector<postgres::TableName>& tables,
                           const std::vector<postgres::TableName>& parents, Deadline deadline) {
  TRY(install(primary, deadline));
  TRY(primary.simple("BEGIN", deadline));
  TRY_ASSIGN(const auto job, claimed(primary, keeping, deadline));
  std::vector<std::string> rows;
  for (const auto& table : tables) rows.push_back(row_sql(job.id, table, "{}"));
  for (const auto& table : parents) rows.push_back(row_sql(job.id, table, to_text(parent_state())));
  TRY(primary.simple(fmt::format("INSERT INTO pgcleave.compared_tables VALUES {}; COMMIT", fmt::join(rows, ", ")),
                     deadline));
  return Kept{{job.id, job.epoch}, {}};
}

Result<Kept> resume_keeping(postgres::Connection& primary, const Keeping& keeping, Deadline deadline) {
  TRY_ASSIGN(const auto open, open_comparisons(primary, "", deadline));
  auto meant = keeping;
  if (meant.id.empty()) {
    TRY_ASSIGN(const auto fitting, open_comparisons(primary, keeping.definition, deadline));
    if (!fitting.empty()) meant.id = fitting.front();
  }
  TRY_ASSIGN(const auto job, data::read_job(primary, meant.id, deadline));
  if (!job || job->over)
    return fail(none_to_resume(keeping, open.empty() ? "none" : fmt::format("{}", fmt::join(open, ", "))));
  if (job->definition != keeping.definition) return fail(none_to_resume(meant, "it is of: " + job->definition));
  TRY_ASSIGN(const auto mine_now, claimed(primary, meant, deadline));
  TRY_ASSIGN(auto tables, read_kept(primary, meant.id, deadline));
  return Kept{{meant.id, mine_now.epoch}, std::move(tables)};
}

Result<bool> keep(postgres::Connection& primary, const data::Lease& lease, const Change& change, Deadline deadline) {
  const auto moved = fmt::format(
      "UPDATE pgcleave.jobs AS j SET walked = {}, batches = {}, changed = {}, now = {}, cursor = {}, moved = "
      "pg_catalog.clock_timestamp() WHERE {};",
      change.at.rows, change.at.blocks, change.at.different, postgres::quote_literal(change.at.slowed),
      postgres::quote_literal(to_text(change.at.json())), mine(lease));
  TRY_ASSIGN(const auto rows,
             primary.simple(moved + changed_sql(lease, change) +
                                fmt::format("SELECT 1 AS there FROM pgcleave.jobs AS j WHERE {}", mine(lease)),
                            deadline));
  return !rows.empty();
}

Result<Wish> read_wish(postgres::Connection& original, const data::Lease& lease, Deadline deadline) {
  TRY_ASSIGN(const auto job, data::read_job(original, lease.id, deadline));
  if (!job || job->over) return Wish{};
  if (job->epoch == lease.epoch) return Wish{job->hold, job->target};
  return fail({ErrorKind::conflict, "comparison " + lease.id, "another runner has claimed it",
               fmt::format("epoch {}", lease.epoch), fmt::format("epoch {}, {}", job->epoch, job->runner),
               "see it with: SELECT * FROM pgcleave.jobs", ""});
}

Result<void> remove_kept(postgres::Connection& primary, const data::Lease& lease, Deadline deadline) {
  TRY(primary.simple(fmt::format("DELETE FROM pgcleave.jobs AS j WHERE {}", mine(lease)), deadline));
  return {};
}

}  // namespace pgcleave::compare

#include "data/program_change.h"

#include <algorithm>

#include "base/format.h"
#include "base/json.h"
#include "data/row_change.h"

namespace pgcleave::data {
namespace {

using postgres::quote_identifier;
using postgres::quote_literal;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> quoted_names(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const auto& name : names) quoted.push_back(quote_identifier(name));
  return quoted;
}

Error bad_answer(const std::string& program, const std::string& row, const std::string& what,
                 const std::string& expected, const std::string& seen) {
  constexpr std::size_t most_shown = 200;
  return {ErrorKind::failed,
          "program " + program,
          fmt::format("answers row {} wrongly: {}", printable(row), what),
          expected,
          printable(seen.substr(0, most_shown)),
          "correct the program, then: pgcleave resume",
          rows_are_refused};
}

}  // namespace

struct ProgramChange::Rows {
  std::vector<std::string> key;
  std::vector<std::string> places, since, names, lines;
};

ProgramChange::ProgramChange(VersionStep version, std::vector<std::string> read, std::vector<std::string> write,
                             std::unique_ptr<RowProgram> program)
    : version_(std::move(version)), read_(std::move(read)), write_(std::move(write)), program_(std::move(program)) {}

std::string ProgramChange::text(const postgres::TableName& table) const {
  return fmt::format("UPDATE {} AS row SET {} by program {} that reads {}, {} from {} to {}", table.sql(),
                     fmt::join(write_, ", "), program_->text(), fmt::join(read_, ", "), version_.column, version_.from,
                     version_.to);
}

std::vector<std::string> ProgramChange::columns() const {
  auto names = write_;
  names.push_back(version_.column);
  return names;
}

Result<void> ProgramChange::check() const {
  const auto wrong = [](const char* object, const std::string& what) {
    return fail({ErrorKind::invalid, object, what, "", "", "correct the runbook", ""});
  };
  if (read_.empty()) return wrong("read", "names no column that the program needs");
  if (write_.empty()) return wrong("write", "names no column that the program makes");
  if (contains(write_, version_.column)) return wrong("write", "names the version, which pgcleave sets");
  return {};
}

Result<void> ProgramChange::check_table(const Table& table, const std::vector<std::string>& walked_by) const {
  for (const auto& name : write_) TRY(check_column(name, table, walked_by));
  TRY(check_column(version_.column, table, walked_by));
  for (const auto& name : read_) {
    if (table.column(name) == nullptr)
      return fail({ErrorKind::invalid, fmt::format("column {} of {}", quote_identifier(name), table.name.sql()),
                   "does not exist", "", "", "write it as it is stored: case matters, no quotes", ""});
  }
  return {};
}

Result<ProgramChange::Rows> ProgramChange::read_rows(postgres::Connection& connection, const Leaf& leaf,
                                                     const std::string& range, const std::string& row_name,
                                                     Deadline deadline) const {
  TRY_ASSIGN(const auto key, read_key(connection, leaf.oid, deadline));
  if (!key)
    return fail({ErrorKind::invalid, "table " + leaf.name.sql(), "has no key by which a program's rows could be told",
                 "a primary key, or a unique index over columns that are NOT NULL", "", "add one", ""});
  Rows rows;
  std::vector<std::string> columns;
  for (const auto& column : key->columns) rows.key.push_back(column.name);
  auto names = rows.key;
  for (const auto& name : read_)
    if (!contains(names, name)) names.push_back(name);
  for (const auto& name : names) columns.push_back("row." + quote_identifier(name));
  TRY_ASSIGN(const auto found,
             connection.query(fmt::format("SELECT row.ctid::text AS place, row.xmin::text AS since, {} AS name, "
                                          "(SELECT pg_catalog.row_to_json(one)::text FROM (SELECT {}) AS one) AS line "
                                          "FROM ONLY {} AS row WHERE {} AND row.{} = {}",
                                          row_name, fmt::join(columns, ", "), leaf.name.sql(), range,
                                          quote_identifier(version_.column), version_.from),
                              {}, deadline));
  for (std::size_t row = 0; row < found.size(); ++row) {
    rows.places.push_back(found.text(row, "place"));
    rows.since.push_back(found.text(row, "since"));
    rows.names.push_back(found.text(row, "name"));
    rows.lines.push_back(found.text(row, "line"));
  }
  return rows;
}

// The program's lines as one JSON array, each looked at: its own text goes to the server, so no number is rounded.
Result<std::string> ProgramChange::answered(const Rows& rows) {
  auto answer = program_->exchange(rows.lines);
  if (answer.error) {
    auto error = *answer.error;
    const auto next = answer.lines.size();
    if (next < rows.names.size()) error.what += fmt::format("; the next is row {}", printable(rows.names[next]));
    return fail(error);
  }
  std::string all = "[";
  for (std::size_t i = 0; i < answer.lines.size(); ++i) {
    const auto& line = answer.lines[i];
    const auto bad = [&](const std::string& what, const std::string& expected) {
      return fail(bad_answer(program_->text(), rows.names[i], what, expected, line));
    };
    const auto given = Json::parse(line, nullptr, false);
    if (!given.is_object()) return bad("no JSON object in UTF-8", "{\"...\": ...}");
    const auto asked = Json::parse(rows.lines[i], nullptr, false);
    for (const auto& name : rows.key) {
      if (!given.contains(name) || given.at(name) != asked.at(name))
        return bad("another key", fmt::format("{}: {}", name, asked.at(name).dump()));
    }
    for (const auto& name : write_)
      if (!given.contains(name))
        return bad("column " + name + " is missing", fmt::format("{}", fmt::join(write_, ", ")));
    for (const auto& [name, value] : given.items()) {
      if (!contains(write_, name) && !contains(rows.key, name))
        return bad("column " + printable(name) + " is not among `write`", fmt::format("{}", fmt::join(write_, ", ")));
    }
    all += (i == 0 ? "" : ",") + line;
  }
  return all + "]";
}

Result<Statement> ProgramChange::statement(postgres::Connection& connection, const Leaf& leaf, const std::string& range,
                                           const std::string& row_name, Deadline deadline) {
  TRY_ASSIGN(const auto table, read_table(connection, leaf.name, deadline));
  TRY_ASSIGN(const auto rows, read_rows(connection, leaf, range, row_name, deadline));
  if (rows.lines.empty()) return Statement{};
  TRY_ASSIGN(const auto values, answered(rows));
  std::vector<std::string> columns;
  std::vector<std::string> assignments;
  for (const auto& name : write_) {
    const auto quoted = quote_identifier(name);
    const auto* column = table.column(name);
    columns.push_back(quoted + " " + (column == nullptr ? "text" : column->type));
    assignments.push_back(fmt::format("{0} = given.{0}", quoted));
  }
  const auto version = quote_identifier(version_.column);
  const auto of = [&](const std::string& given, const std::string& places, const std::string& since) {
    return fmt::format(
        "WITH changed AS (UPDATE ONLY {0} AS row SET {1}, {2} = {3} "
        "FROM ROWS FROM (pg_catalog.json_to_recordset({5}::json) AS ({6}), unnest({7}::tid[]), unnest({8}::xid[])) "
        "AS given({9}, place, since) "
        "WHERE row.ctid = given.place AND row.xmin = given.since AND row.{2} = {4} "
        "RETURNING row.{2} = {4} AS still, {10} AS name) "
        "SELECT pg_catalog.count(*) AS changed, pg_catalog.count(*) FILTER (WHERE still) AS still, "
        "pg_catalog.min(name) FILTER (WHERE still) AS example FROM changed",
        leaf.name.sql(), fmt::join(assignments, ", "), version, version_.to, version_.from, given,
        fmt::join(columns, ", "), places, since, fmt::join(quoted_names(write_), ", "), row_name);
  };
  const auto literal = [](const std::vector<std::string>& all) { return quote_literal(postgres::array_literal(all)); };
  return Statement{of(quote_literal(values), literal(rows.places), literal(rows.since)),
                   of("<the program's lines>", "<places>", "<xmin>"), static_cast<std::int64_t>(rows.lines.size())};
}

}  // namespace pgcleave::data

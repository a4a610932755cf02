#include "contents.h"

#include <cctype>

#include "ledger.h"
#include "pieces_of.h"

namespace pgcleave_worlds {

void count_tokens(Contents& contents, const std::string& table, const std::string& row) {
  for (std::size_t at = row.find("tk"); at != std::string::npos; at = row.find("tk", at + 1)) {
    if (at + token_length > row.size() || row[at + token_length - 1] != 'z') continue;
    bool digits = true;
    for (std::size_t i = at + 3; i + 1 < at + token_length; ++i)
      digits = digits && std::isdigit(static_cast<unsigned char>(row[i]));
    if (!digits) continue;
    const std::string token = row.substr(at, token_length);
    ++contents.count[token];
    contents.where[token] = table;
  }
}

Contents read_contents(pgcleave_lab::Database& database) {
  Contents contents;
  const auto tables = database.must(
      "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = "
      "'r' and c.relpersistence <> 't' "
      "and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pgcleave')");
  std::string sql;
  // One statement, one snapshot. An unlogged table can't be read on a standby; it is not asked for there, since the
  // standby does not serve.
  for (const auto& row : tables.rows)
    sql += (sql.empty() ? "" : " union all ") +
           ("select " + literal_of(*row[0]) + ", t::text from only " + *row[0] + " t");
  if (sql.empty()) return contents;
  for (const auto& row : database.must(sql).rows) count_tokens(contents, row[0].value_or(""), row[1].value_or(""));
  return contents;
}

}  // namespace pgcleave_worlds

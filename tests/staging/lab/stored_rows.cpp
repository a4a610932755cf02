#include "stored_rows.h"

#include <fmt/format.h>

#include "database.h"

namespace pgcleave_lab {
namespace {

long long number(const std::optional<std::string>& text) {
  return text ? std::stoll(*text) : 0;
}

}  // namespace

Side inspect(const Lab& lab, const std::string& scope) {
  Side side;
  side.scope = scope;
  for (const Member& member : lab.members) {
    if (member.scope != scope || side.writable) continue;
    Database database(Database::connection_text(lab, member.postgres_port, "pgcleave"));
    const Answer recovery = database.query("select pg_is_in_recovery()");
    if (recovery.error) continue;
    if (!side.reachable || recovery.value() == "f") side.postgres_port = member.postgres_port;
    side.reachable = true;
    side.writable = recovery.value() == "f";
    if (database.query("select to_regclass('pgcleave.owner_ci')").value().empty()) continue;
    side.owner = std::stoll(database.must("select last_value from pgcleave.owner_ci").value());
  }
  return side;
}

StoredRows fetch_rows(const Lab& lab, const Side& side, int first_client, int last_client) {
  StoredRows rows;
  Database database(Database::connection_text(lab, side.postgres_port, "pgcleave"));
  database.must("begin isolation level repeatable read read only");
  for (const WrittenTable& table : written_tables()) {
    const Answer answer =
        database.must(fmt::format("select client, n, {}, stored_on, stored_at from {} where client between {} and {}",
                                  table.id, table.name, first_client, last_client));
    auto& out = rows.tables[table.name];
    out.reserve(answer.rows.size());
    for (const auto& row : answer.rows)
      out.push_back(
          {static_cast<int>(number(row[0])), number(row[1]), number(row[2]), row[3].value_or(""), row[4].value_or("")});
  }
  for (const auto& row :
       database
           .must(fmt::format("select client, n, writes from ci.counters where client between {} and {}", first_client,
                             last_client))
           .rows)
    rows.counters[static_cast<int>(number(row[0]))] = {number(row[1]), number(row[2])};
  database.must("commit");
  return rows;
}

}  // namespace pgcleave_lab

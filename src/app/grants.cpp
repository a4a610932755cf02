#include "app/grants.h"

#include "base/format.h"

namespace pgcleave::app {
namespace {

constexpr auto time_to_ask = std::chrono::seconds(5);

// 17.12 of 170012.
std::string version_text(int number) {
  return number % 10000 == 0 ? fmt::format("{}", number / 10000) : fmt::format("{}.{}", number / 10000, number % 10000);
}

// A name may hold anything. In a comment it must not end the line, and a terminal must not obey it.
std::string comment(const std::string& text) {
  return "-- " + printable(text) + "\n";
}

std::string statement(const std::string& sql, const std::string& why) {
  if (printable(sql) != sql) return comment("left out, since a name in it holds control characters: " + sql);
  return fmt::format("{};  -- {}\n", sql, why);
}

// psql's \gexec runs each line of the answer. Nobody could be asked for the split's tables, so it is all owners.
std::string owners_sql(const std::string& role) {
  return fmt::format(
      "-- membership of the owners of tables, each of which this server names:\n"
      "SELECT DISTINCT format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', r.rolname, {})\n"
      "  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner\n"
      " WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcleave')\n"
      "   AND n.nspname NOT LIKE 'pg_toast%' AND NOT r.rolsuper \\gexec\n",
      postgres::quote_literal(role));
}

std::string head_of(const SideGrants& side) {
  const auto& seen = side.seen;
  auto text = comment(fmt::format("Role {} on {}: PostgreSQL {}, database {}.", seen.role, side.label,
                                  version_text(seen.version), seen.database));
  if (seen.standby) return text + comment("A standby: it has the roles and rights of the server that it follows.");
  if (seen.superuser && seen.version >= postgres::without_superuser_since)
    text += comment(fmt::format("It is superuser, which is more than it needs. Afterwards: ALTER ROLE {} NOSUPERUSER;",
                                postgres::quote_identifier(seen.role)));
  return text + comment(fmt::format("To be run there by a superuser: psql -d {} -f FILE", seen.database));
}

}  // namespace

std::vector<SideGrants> grants_of(const config::Environment& environment, const config::Split& split) {
  auto world = world::unopened_world(environment, split);
  std::vector<SideGrants> all;
  for (auto* side : {&world.source, &world.target}) {
    SideGrants one{side->label(), "", {}};
    auto seen = checks::rights_on(world, *side, Deadline::in(time_to_ask));
    if (seen) one.seen = std::move(*seen);
    if (!seen) one.unseen = seen.error().text();
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<SideGrants> grants_for(const config::Environment& environment, int major) {
  std::vector<SideGrants> all;
  for (const auto* side : {&environment.source, &environment.target}) {
    SideGrants one;
    one.label = fmt::format("{} {}", side == &environment.source ? "source" : "target", side->scope);
    one.asked = false;
    one.seen.label = one.label;
    one.seen.role = side->postgres.value("user");
    one.seen.database = side->postgres.value("dbname");
    one.seen.version = major * 10000;
    one.seen.rights = checks::least_rights(one.seen.version, one.seen.role, one.seen.database, {});
    all.push_back(std::move(one));
  }
  return all;
}

std::string sql_of(const SideGrants& side, bool missing_only) {
  if (!side.unseen.empty()) return comment(side.label + ": " + side.unseen);
  const auto& seen = side.seen;
  auto text = head_of(side);
  if (seen.standby) return text;
  if (!side.asked)
    text += statement("CREATE ROLE " + postgres::quote_identifier(seen.role) + " LOGIN",
                      "then, for its password: \\password " + printable(seen.role));
  for (const auto& right : seen.rights) {
    const bool held = side.asked && right.held;
    if (held && missing_only) continue;
    text += right.grant.empty() ? comment(fmt::format("by hand: {} ({})", right.name, right.why))
                                : statement(right.grant, right.why + (held ? "; held" : ""));
  }
  if (!side.asked && seen.version >= postgres::without_superuser_since) text += owners_sql(seen.role);
  return text;
}

Json json_of(const SideGrants& side) {
  if (!side.unseen.empty()) return {{"side", side.label}, {"error", side.unseen}};
  Json rights = Json::array();
  for (const auto& right : side.seen.rights) rights.push_back(checks::json_of(right));
  return {{"side", side.label},
          {"role", side.seen.role},
          {"database", side.seen.database},
          {"postgresql", version_text(side.seen.version)},
          {"superuser", side.seen.superuser},
          {"standby", side.seen.standby},
          {"asked", side.asked},
          {"rights", rights}};
}

}  // namespace pgcleave::app

#include "checks/access/rights.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/identity.h"
#include "world/split_sequences.h"

namespace pgcleave::checks {
namespace {

using postgres::quote_identifier;
using postgres::quote_literal;

// A right, and the SQL that tells whether the session's role holds it.
struct Tested {
  Right right;
  std::string test;
};

class LeastRights {
 public:
  LeastRights(std::string role, std::string database) : role_(std::move(role)), database_(std::move(database)) {}

  std::vector<Tested> all(const std::vector<TableOwner>& owners) {
    add("attribute REPLICATION", fmt::format("ALTER ROLE {} REPLICATION", to()), "makes and drops replication slots",
        "(SELECT rolreplication FROM pg_catalog.pg_roles WHERE rolname = current_user)");
    add("CREATE on database " + database_,
        fmt::format("GRANT CREATE ON DATABASE {} TO {}", quote_identifier(database_), to()),
        "makes schema pgcleave, publications and subscriptions",
        fmt::format("pg_catalog.has_database_privilege({}, 'CREATE')", quote_literal(database_)));
    member("pg_create_subscription", "makes subscriptions");
    member("pg_monitor", "reads statistics, settings, and sessions and WAL files of others");
    member("pg_checkpoint", "pg_rewind needs a checkpoint after a promotion");
    member("pg_signal_backend", "ends sessions that hold a slot or keep tables from being locked");
    for (const auto& owner : owners) of_owner(owner);
    set("session_replication_role", "a cleanup empties tables without firing their triggers");
    set("lc_messages", "the server's messages are read in English");
    for (const char* name : {"log_statement", "log_min_duration_statement", "log_min_duration_sample",
                             "log_transaction_sample_rate", "log_min_error_statement", "pg_stat_statements.track"})
      set(name, "keeps the password of a subscription out of the server's log and statistics");
    execute("pg_read_file(text, bigint, bigint, boolean)", "reads the history of timelines");
    execute("pg_stat_file(text, boolean)", "sees when a server was promoted");
    execute("pg_replication_origin_advance(text, pg_lsn)", "a subscription begins at the LSN of the switchover");
    execute("pg_replication_origin_progress(text, boolean)", "sees how far a subscription has applied");
    view("pg_hba_file_rules", "pg_hba_file_rules()", "reads whether a server lets the other side log in");
    view("pg_file_settings", "pg_show_all_file_settings()", "reads mistakes in configuration files");
    return std::move(all_);
  }

 private:
  [[nodiscard]] std::string to() const { return quote_identifier(role_); }

  void add(const std::string& name, const std::string& grant, const char* why, const std::string& test) {
    all_.push_back({{name, grant, why}, test});
  }
  void member(const char* role, const char* why) {
    add(fmt::format("membership of {}", role), fmt::format("GRANT {} TO {}", role, to()), why,
        fmt::format("pg_catalog.pg_has_role('{}', 'USAGE')", role));
  }
  // A role that subscribes applies rows as the owner of each table, so SET is needed beside USAGE.
  void of_owner(const TableOwner& owner) {
    if (owner.name == role_) return;
    if (owner.superuser) {
      add(fmt::format("an owner of {} that is no superuser: it belongs to {}", owner.table, owner.name), "",
          "membership of a superuser would make it one: ALTER TABLE ... OWNER TO a role that is none", "false");
      return;
    }
    add(fmt::format("membership of {}", owner.name),
        fmt::format("GRANT {} TO {} WITH INHERIT TRUE, SET TRUE", quote_identifier(owner.name), to()),
        "it owns tables or sequences of the split, which get triggers, are published, locked and written to",
        fmt::format("(pg_catalog.pg_has_role({0}, 'USAGE') AND pg_catalog.pg_has_role({0}, 'SET'))",
                    quote_literal(owner.name)));
  }
  // A parameter of an extension that is not loaded can be set by everybody.
  void set(const char* name, const char* why) {
    add(fmt::format("SET on parameter {}", name), fmt::format("GRANT SET ON PARAMETER {} TO {}", name, to()), why,
        fmt::format("(pg_catalog.has_parameter_privilege('{0}', 'SET') OR NOT EXISTS (SELECT FROM "
                    "pg_catalog.pg_settings WHERE name = '{0}'))",
                    name));
  }
  void execute(const char* function, const char* why) {
    add(fmt::format("EXECUTE on function {}", function),
        fmt::format("GRANT EXECUTE ON FUNCTION pg_catalog.{} TO {}", function, to()), why,
        fmt::format("pg_catalog.has_function_privilege('pg_catalog.{}', 'EXECUTE')", function));
  }
  void view(const char* name, const char* function, const char* why) {
    add(fmt::format("SELECT on {}", name),
        fmt::format("GRANT SELECT ON pg_catalog.{1} TO {0}; GRANT EXECUTE ON FUNCTION pg_catalog.{2} TO {0}", to(),
                    name, function),
        why,
        fmt::format("(pg_catalog.has_table_privilege('pg_catalog.{}', 'SELECT') AND "
                    "pg_catalog.has_function_privilege('pg_catalog.{}', 'EXECUTE'))",
                    name, function));
    all_.back().right.only_reads = true;
  }

  std::string role_, database_;
  std::vector<Tested> all_;
};

// Owners of the split's tables, and of the sequences that are carried.
Result<std::vector<TableOwner>> owners_on(world::World& world, world::Side& side, postgres::Connection& leader,
                                          Deadline deadline) {
  TRY_ASSIGN(const auto tables, world::tables_on(world, side, deadline));
  TRY_ASSIGN(const auto sequences, world::sequences_on(world, side, deadline));
  auto names = sequences.moved;
  for (const auto* some : {&tables.split.moved, &tables.split.kept, &tables.split.shared}) {
    for (const auto& table : *some) names.push_back(table.name);
  }
  const auto named = postgres::name_arrays(names);
  TRY_ASSIGN(const auto rows, leader.query(R"sql(
      SELECT r.rolname, r.rolsuper, pg_catalog.min(c.oid::pg_catalog.regclass::text) AS owned
        FROM unnest($1::text[], $2::text[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
        JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
       WHERE c.relkind IN ('r', 'p', 'S') GROUP BY 1, 2 ORDER BY 1)sql",
                                           {named.schemas, named.names}, deadline));
  std::vector<TableOwner> owners;
  for (std::size_t row = 0; row < rows.size(); ++row)
    owners.push_back({rows.text(row, "rolname"), rows.text(row, "owned"), rows.boolean(row, "rolsuper")});
  return owners;
}

Result<std::vector<Right>> tried(postgres::Connection& leader, std::vector<Tested> all, Deadline deadline) {
  std::string sql = "SELECT";
  for (std::size_t i = 0; i < all.size(); ++i) sql += fmt::format("{} {} AS r{}", i == 0 ? "" : ",", all[i].test, i);
  TRY_ASSIGN(const auto rows, leader.query(sql, {}, deadline));
  std::vector<Right> rights;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].right.held = rows.boolean(0, fmt::format("r{}", i));
    rights.push_back(std::move(all[i].right));
  }
  return rights;
}

// Superusers can do it anyway.
Result<std::vector<std::string>> members_of_role(postgres::Connection& leader, Deadline deadline) {
  TRY_ASSIGN(const auto rows, leader.query(R"sql(
      SELECT r.rolname FROM pg_catalog.pg_roles r
       WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user
         AND pg_catalog.pg_has_role(r.oid, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user), 'MEMBER')
       ORDER BY 1)sql",
                                           {}, deadline));
  std::vector<std::string> roles;
  for (std::size_t row = 0; row < rows.size(); ++row) roles.push_back(rows.text(row, "rolname"));
  return roles;
}

class RightsJudge : Judging {
 public:
  explicit RightsJudge(const RightsSeen& seen) : Judging("access"), seen_(seen) {}

  // A standby has its upstream's roles: what is wrong is told there.
  Findings run() {
    const bool by_rights = !seen_.superuser && seen_.version >= postgres::without_superuser_since;
    if (!seen_.standby) {
      for (const auto& other : seen_.others) judge_other(other);
      if (by_rights) judge_missing();
    }
    if (by_rights && !seen_.password)
      add("subscription_password", Severity::blocker, object(), "replication.password of the other side is not set", "",
          "a subscription whose owner is no superuser has to bring its password along: PostgreSQL reads no passfile "
          "for it",
          "set replication.password of the other side in the environment file: password: \"${file:PATH}\"");
    return std::move(found_);
  }

 private:
  void judge_missing() {
    for (const auto& right : seen_.missing()) {
      add("right_missing", right.only_reads ? Severity::warning : Severity::blocker, object(), "it lacks " + right.name,
          "pgcleave grants --missing", right.why, right.grant.empty() ? "give it such an owner" : right.grant);
    }
  }
  void judge_other(const std::string& other) {
    const bool same = other == seen_.role;
    add("fence_owner_shared", Severity::warning, object(),
        same ? "a pool's probe logs in as it" : fmt::format("role {} is a member of it", other),
        "SELECT * FROM pg_auth_members", "clients could disable the fence, since this role owns it",
        same ? "give pgcleave a role of its own in the environment file"
             : fmt::format("REVOKE {} FROM {}", quote_identifier(seen_.role), quote_identifier(other)));
  }
  [[nodiscard]] std::string object() const { return fmt::format("role {} on {}", seen_.role, seen_.label); }
  const RightsSeen& seen_;
};

}  // namespace

std::vector<Right> RightsSeen::missing() const {
  std::vector<Right> all;
  if (superuser) return all;
  std::copy_if(rights.begin(), rights.end(), std::back_inserter(all), [](const auto& right) { return !right.held; });
  return all;
}

std::vector<Right> least_rights(int version, const std::string& role, const std::string& database,
                                const std::vector<TableOwner>& owners) {
  if (version < postgres::without_superuser_since)
    return {{"attribute SUPERUSER", fmt::format("ALTER ROLE {} SUPERUSER", quote_identifier(role)),
             "before PostgreSQL 16 only a superuser makes subscriptions"}};
  std::vector<Right> rights;
  for (auto& one : LeastRights(role, database).all(owners)) rights.push_back(std::move(one.right));
  return rights;
}

Result<RightsSeen> rights_on(world::World& world, world::Side& side, Deadline deadline) {
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto identity, postgres::identify(*leader, deadline));
  RightsSeen seen;
  seen.label = side.label();
  seen.role = identity.user;
  seen.database = identity.database;
  seen.version = identity.version;
  seen.superuser = identity.superuser;
  seen.standby = identity.in_recovery;
  seen.password = !world.other(side).access().replication.password.empty();
  TRY_ASSIGN(seen.others, members_of_role(*leader, deadline));
  const auto& pools = world.environment.pools;
  if (std::any_of(pools.begin(), pools.end(), [&](const auto& pool) { return pool.probe.value("user") == seen.role; }))
    seen.others.push_back(seen.role);
  if (identity.version < postgres::without_superuser_since) {
    seen.rights = least_rights(identity.version, seen.role, seen.database, {});
    seen.rights.front().held = seen.superuser;
    return seen;
  }
  TRY_ASSIGN(const auto owners, owners_on(world, side, *leader, deadline));
  TRY_ASSIGN(seen.rights, tried(*leader, LeastRights(seen.role, seen.database).all(owners), deadline));
  return seen;
}

Findings judge_rights(const RightsSeen& seen) {
  return RightsJudge(seen).run();
}

Json json_of(const Right& right) {
  return {{"name", right.name},
          {"grant", right.grant},
          {"why", right.why},
          {"only_reads", right.only_reads},
          {"held", right.held}};
}

}  // namespace pgcleave::checks

// A database of a split: schema `moved` moves, schema `kept` stays. Gone, with the fence, at the end.
#pragma once

#include <string>
#include <vector>

#include "fence/kept_fence.h"
#include "two_sides.h"
#include "world/frozen.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;

using namespace std::chrono_literals;

inline const fence::Fence fence{"ci", "main", "ci"};
inline const std::vector<postgres::TableName> moved_tables = {{"moved", "builds"}, {"moved", "jobs"}};
inline const std::vector<postgres::TableName> kept_tables = {{"kept", "audit"}, {"kept", "users"}};

class SplitDatabase {
 public:
  explicit SplitDatabase(postgres::test::Server& server)
      : here(server.connect()), server_(server), moved_schema_(here, "moved"), kept_schema_(here, "kept") {
    sql("DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE moved.builds (id int); CREATE TABLE moved.jobs (id int); "
        "CREATE TABLE kept.users (id int); CREATE TABLE kept.audit (id int)");
  }
  ~SplitDatabase() { static_cast<void>(here.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", postgres::test::soon())); }
  SplitDatabase(const SplitDatabase&) = delete;
  SplitDatabase& operator=(const SplitDatabase&) = delete;

  postgres::Rows sql(const std::string& text) { return postgres::test::run(here, text); }
  void install() { REQUIRE(fence::install(here, fence, postgres::test::soon())); }
  void set_owner(fence::Owner owner) {
    sql("SELECT setval('pgcleave.owner_ci', " + std::to_string(static_cast<int>(owner)) + ")");
  }
  std::optional<fence::Owner> owner() { return fence::owner(here, "ci", postgres::test::soon()).value(); }
  bool installed() { return fence::is_installed(here, fence, postgres::test::soon()).value(); }
  bool has_schema() { return !sql("SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty(); }
  std::vector<postgres::TableName> fenced() {
    return fence::fence_drift(here, fence, {}, postgres::test::soon())->superfluous;
  }
  std::vector<postgres::TableName> kept_fenced() {
    return fence::kept_fence_drift(here, fence, {}, postgres::test::soon())->superfluous;
  }
  // A session in a transaction that has written the table.
  postgres::Connection writer(const std::string& table) {
    auto session = server_.connect();
    postgres::test::run(session, "SET application_name TO 'writer of " + table + "'");
    postgres::test::run(session, "BEGIN");
    postgres::test::run(session, "INSERT INTO " + table + " VALUES (1)");
    return session;
  }

  postgres::Connection here;

 private:
  postgres::test::Server& server_;
  postgres::test::Schema moved_schema_;
  postgres::test::Schema kept_schema_;
};

// The split's tables, by the split file.
inline void name_tables(World& world) {
  world.split_file.name = "ci";
  world.split_file.moved.schemas = {{"moved", {}}};
  world.split_file.kept.schemas = {{"kept", {}}};
  for (const auto& name : moved_tables) {
    postgres::Table table;
    table.name = name;
    table.root = name;
    world.split.moved.push_back(table);
  }
}

// What is in the split, as the run of this world would write it down on its source: on each of these.
inline void write_down(World& world, const std::vector<SplitDatabase*>& sides) {
  const auto tables = tables_on(world, world.source, postgres::test::soon());
  REQUIRE(tables);
  for (auto* side : sides)
    REQUIRE(fence::freeze_split(side->here, "ci", to_freeze(world, tables->split), postgres::test::soon()));
}

template <class T>
std::string problem(const Result<T>& result) {
  return result ? "" : result.error().text();
}

inline bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pgcleave::steps::test

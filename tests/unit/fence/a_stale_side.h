// A side whose tables a split left stale, and the other side, each a database of one server.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "fence/sql/truncation.h"
#include "postgres/server.h"

namespace pgcleave::fence::testing {

using namespace postgres;
using namespace std::chrono_literals;
using test::main_server, test::run, test::soon;

inline Connection connect_to(const std::string& database) {
  auto settings = main_server().settings();
  settings.values["dbname"] = database;
  auto connection = Connection::open(settings, Deadline::in(30s));
  REQUIRE(connection);
  return std::move(*connection);
}

inline void make_database(const std::string& name, const std::string& of) {
  auto admin = main_server().connect();
  for (const auto& sql :
       {"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name + " TEMPLATE " + of})
    REQUIRE(admin.simple(sql, Deadline::in(30s)));
}

// A database of its own: one that others are connected to can't be copied.
inline Connection fresh_database() {
  make_database("stale_side", "template1");
  return connect_to("stale_side");
}

// Cycles, self references, and partitions that refer, are referred to, and do neither; all with rows, all fenced and
// locked for clients.
struct Stale {
  Stale() : admin(fresh_database()), schema(admin, "stale") {
    run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    run(admin,
        "CREATE TABLE stale.tree (id int PRIMARY KEY, parent int REFERENCES stale.tree);"
        "CREATE TABLE stale.hen (id int PRIMARY KEY, egg int, tree int REFERENCES stale.tree);"
        "CREATE TABLE stale.egg (id int PRIMARY KEY, hen int REFERENCES stale.hen);"
        "ALTER TABLE stale.hen ADD FOREIGN KEY (egg) REFERENCES stale.egg DEFERRABLE INITIALLY DEFERRED;"
        "CREATE TABLE stale.log (id int PRIMARY KEY, tree int REFERENCES stale.tree) PARTITION BY RANGE (id);"
        "CREATE TABLE stale.log_1 PARTITION OF stale.log FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);"
        "CREATE TABLE stale.log_1_a PARTITION OF stale.log_1 FOR VALUES FROM (0) TO (50);"
        "CREATE TABLE stale.log_2 PARTITION OF stale.log DEFAULT;"
        "CREATE TABLE stale.note (id int PRIMARY KEY, log int REFERENCES stale.log, text text);"
        "CREATE TABLE stale.metric (id int) PARTITION BY LIST (id);"
        "CREATE TABLE stale.metric_1 PARTITION OF stale.metric FOR VALUES IN (1);"
        "CREATE TABLE stale.metric_2 PARTITION OF stale.metric FOR VALUES IN (2);"
        "CREATE TABLE stale.\"a \"\"b\" (id serial, t text);"
        "CREATE TABLE stale.heir (more int) INHERITS (stale.\"a \"\"b\");"
        "INSERT INTO stale.tree VALUES (1, 1), (2, 1);"
        "INSERT INTO stale.hen VALUES (1, 1, 2); INSERT INTO stale.egg VALUES (1, 1);"
        "INSERT INTO stale.log VALUES (1, 1), (200, 2);"
        "INSERT INTO stale.note SELECT i, 1, repeat(md5(i::text), 400) FROM generate_series(1, 200) i;"
        "INSERT INTO stale.metric VALUES (1), (2);"
        "INSERT INTO stale.\"a \"\"b\" (t) VALUES ('x'); INSERT INTO stale.heir (t) VALUES ('y')");
    REQUIRE(fence::install(admin, the_fence, soon()));
    REQUIRE(fence::create_triggers(admin, the_fence, names(), 1s, soon(), nullptr));
    write_down("r-split");
    // A copy with the same OIDs, as physical replication makes one: the other side.
    admin.close();
    make_database("other_side", "stale_side");
    admin = connect_to("stale_side");
    other.emplace(connect_to("other_side"));
    run(*other, "SELECT setval('pgcleave.owner_ci', 2)");
    owned_by(Owner::nobody);
  }
  ~Stale() { other.reset(); }
  Stale(const Stale&) = delete;
  Stale& operator=(const Stale&) = delete;

  std::vector<Table> tables() {
    auto all = *postgres::tables(admin, soon());
    std::erase_if(all, [](const auto& table) { return table.name.schema != "stale" || table.name.name == "heir"; });
    return all;
  }
  std::vector<TableName> names() {
    std::vector<TableName> names;
    for (const auto& table : tables()) names.push_back(table.name);
    return names;
  }
  std::vector<fence::Truncation> plan() { return fence::plan_truncation(tables(), *foreign_keys(admin, soon())); }
  void owned_by(Owner owner) {
    run(admin, "SELECT setval('pgcleave.owner_ci', " + std::to_string(static_cast<int>(owner)) + ")");
  }
  void write_down(const std::string& split_by, const std::string& of_class = "moved") {
    owned_by(Owner::source);
    fence::FrozenSplit frozen{split_by, 1, "split: 1\n", {}};
    std::map<TableName, std::uint32_t> oids;
    for (const auto& table : tables()) oids[table.name] = table.oid;
    for (const auto& table : tables()) frozen.tables.push_back({table.oid, table.name, of_class, oids.at(table.root)});
    REQUIRE(fence::freeze_split(admin, "ci", frozen, soon()));
    owned_by(Owner::nobody);
  }
  Result<std::vector<fence::StaleTable>> try_to_empty(const Truncation& one, const Patience& patience) {
    return truncate(admin, *other, one, {{"ci", "r-split", "moved"}, Owner::nobody, Owner::target, "target ci"},
                    patience);
  }
  Result<void> empty(const Truncation& one, Deadline deadline = soon(), const StopFlag* stop = nullptr) {
    TRY_ASSIGN(const auto unproven, try_to_empty(one, {50ms, deadline, stop, nullptr}));
    if (unproven.empty()) return {};
    return fail({ErrorKind::conflict, unproven.front().name.sql(), unproven.front().why_not, "", "", "", ""});
  }
  // Why each of these is not emptied; nothing of what they hold is gone.
  std::string why_not(const std::string& tables) {
    const auto all = plan();
    const auto one = std::find_if(all.begin(), all.end(), [&](const auto& each) { return names_of(each) == tables; });
    REQUIRE(one != all.end());
    return why_not(*one);
  }
  std::string why_not(const Truncation& one) {
    const auto before = filled();
    const auto unproven = try_to_empty(one, {50ms, soon(), nullptr, nullptr});
    REQUIRE(unproven);
    if (!unproven->empty()) CHECK(filled() == before);
    std::string text;
    for (const auto& table : *unproven) text += (text.empty() ? "" : "; ") + table.name.sql() + ": " + table.why_not;
    return text;
  }
  static std::string names_of(const Truncation& one) {
    std::string text;
    for (const auto& table : one.tables) text += (text.empty() ? "" : " ") + table.name;
    return text;
  }
  std::int64_t filled() {
    const auto all = fence::sizes(admin, names(), soon());
    REQUIRE(all);
    return std::count_if(all->begin(), all->end(), [](const auto& table) { return !table.empty; });
  }

  Connection admin;
  std::optional<Connection> other;
  test::Schema schema;
  Fence the_fence{"ci", "main", "ci"};
};

}  // namespace pgcleave::fence::testing

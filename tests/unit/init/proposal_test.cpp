#include "init/proposal.h"

#include "a_stack.h"
#include "init/pool_use.h"

using namespace pgcleave;
using namespace pgcleave::init;
using namespace pgcleave::init::test;
using postgres::TableName;

namespace {

TableGraph a_graph(const std::vector<TableName>& tables, const std::vector<std::pair<std::size_t, std::size_t>>& ties) {
  TableGraph graph{tables, {}};
  for (const auto& [one, other] : ties)
    graph.ties.push_back({one, other, TieKind::foreign_key, fmt::format("{} to {}", one, other)});
  return graph;
}

std::vector<TableName> some_tables(const std::string& schema, std::size_t count) {
  std::vector<TableName> tables;
  for (std::size_t i = 0; i < count; ++i) tables.push_back({schema, fmt::format("t{}", i)});
  return tables;
}

std::set<TableName> set_of(const std::vector<TableName>& tables) {
  return {tables.begin(), tables.end()};
}

}  // namespace

TEST_CASE("tables that hang together are one component") {
  const auto graph = a_graph(some_tables("a", 5), {{0, 1}, {3, 4}});
  CHECK(components_of(graph) == std::vector<std::size_t>{0, 0, 1, 2, 2});
}

TEST_CASE("two dense sets that one key ties are two communities") {
  std::vector<std::pair<std::size_t, std::size_t>> ties;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = i + 1; j < 5; ++j) {
      ties.emplace_back(i, j);
      ties.emplace_back(i + 5, j + 5);
    }
  }
  ties.emplace_back(4, 5);
  const auto graph = a_graph(some_tables("a", 10), ties);
  CHECK(communities_of(graph) == std::vector<std::size_t>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1});
  const auto candidates = candidates_in(graph, "ci", {});
  REQUIRE(candidates.size() == 2);
  CHECK(candidates.front().tables.size() == 5);
  CHECK(candidates.front().crossing == std::vector<std::string>{"4 to 5"});
}

TEST_CASE("what carries the target's name comes first, then what crosses least") {
  auto tables = some_tables("shop", 6);
  tables.push_back({"ci", "builds"});
  tables.push_back({"shop", "ci_runners"});
  const auto graph = a_graph(tables, {{0, 1}, {1, 2}, {3, 4}, {6, 0}});
  const auto candidates = candidates_in(graph, "ci", {});
  REQUIRE(candidates.size() >= 2);
  CHECK(set_of(candidates[0].tables) == set_of({{"ci", "builds"}, {"shop", "ci_runners"}}));
  CHECK(candidates[0].crossing.size() == 1);
  CHECK(candidates[1].crossing.empty());
  CHECK(set_of(candidates[1].tables) == set_of({{"shop", "t3"}, {"shop", "t4"}}));
  CHECK(set_of(tied_to(graph, set_of(candidates[0].tables))) ==
        set_of({{"shop", "t0"}, {"shop", "t1"}, {"shop", "t2"}}));
}

TEST_CASE("what is used through the pools comes first, together with what carries the target's name") {
  auto tables = some_tables("shop", 3);
  tables.push_back({"ci", "builds"});
  const auto candidates = candidates_in(a_graph(tables, {}), "ci", {{"shop", "t1"}});
  REQUIRE(candidates.size() >= 2);
  CHECK(candidates[0].why == "used through the pools, or named like the target, ci");
  CHECK(set_of(candidates[0].tables) == set_of({{"ci", "builds"}, {"shop", "t1"}}));
  CHECK(set_of(candidates[1].tables) == set_of({{"ci", "builds"}}));
}

TEST_CASE("tables are found in statements: by schema, public's without one, and partitions as their root") {
  CatalogFound catalog;
  const auto add = [&](const TableName& name, const TableName& root) {
    postgres::Table table;
    table.name = name;
    table.root = root;
    catalog.tables.push_back(table);
  };
  add({"a", "same"}, {"a", "same"});
  add({"public", "same"}, {"public", "same"});
  add({"a", "twice"}, {"a", "twice"});
  add({"b", "twice"}, {"b", "twice"});
  add({"b", "part"}, {"b", "whole"});
  CHECK(tables_in("select from a.same", catalog) == set_of({{"a", "same"}}));
  CHECK(tables_in("update same set x = 1", catalog) == set_of({{"public", "same"}}));
  CHECK(tables_in("select from twice", catalog).empty());
  CHECK(tables_in("insert into part select from b.twice", catalog) == set_of({{"b", "whole"}, {"b", "twice"}}));
  CHECK(tables_in("no SQL at all", catalog).empty());
}

TEST_CASE("a set is named by whole schemas, by what its names begin with, and else by table") {
  const std::vector<TableName> all{{"ci", "a"},           {"ci", "Odd One"},        {"public", "ci_runners"},
                                   {"public", "ci_tags"}, {"public", "Weird Name"}, {"public", "users"}};
  const auto naming = naming_of({all.begin(), all.end() - 1}, all);
  CHECK(naming.schemas == std::vector<std::string>{"ci"});
  CHECK(naming.patterns == std::vector<std::string>{"public.ci_*"});
  CHECK(naming.tables == std::vector<std::string>{"public.\"Weird Name\""});
}

TEST_CASE("a beginning that a table which stays has too is no pattern") {
  const std::vector<TableName> all{{"s", "ci_a"}, {"s", "ci_b"}, {"s", "ci_c"}};
  CHECK(naming_of({all[0], all[1]}, all).tables == std::vector<std::string>{"s.ci_a", "s.ci_b"});
}

TEST_CASE("statements tie what they name, by how often they are called") {
  CatalogFound catalog;
  for (const char* name : {"a", "b", "c", "d"}) {
    postgres::Table table;
    table.name = table.root = {"s", name};
    catalog.tables.push_back(table);
  }
  catalog.statements.all = {{"1", "app", 1023, 0, "select from s.a join s.b on true", ""},
                            {"2", "app", 1, 0, "update s.a set x = 1 from s.b", ""},
                            {"3", "app", 7, 0, "select from s.c, s.gone", ""}};
  const auto graph = graph_of(catalog);
  REQUIRE(graph.ties.size() == 1);
  CHECK(graph.ties.front().text == "statements that name s.a and s.b: 1024 calls");
  CHECK(graph.ties.front().weight == 11);
  CHECK(components_of(graph) == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(communities_of(graph) == std::vector<std::size_t>{0, 0, 1, 2});
  CHECK(tied_to(graph, {{"s", "a"}}).empty());
  CHECK(crossing_of(graph, {{"s", "a"}}).size() == 1);
}

TEST_CASE("1400 tables in one database give a proposal") {
  auto connection = postgres::test::main_server().connect();
  std::vector<std::string> names;
  for (int schema = 0; schema < 7; ++schema) {
    names.push_back(fmt::format("many_{}", schema));
    std::string sql = fmt::format("drop schema if exists many_{0} cascade; create schema many_{0};", schema);
    for (int i = 0; i < 200; ++i) {
      sql += fmt::format("create table many_{}.t{} (id int primary key, ref int, far int);", schema, i);
      // Half of them refer to the one before, each tenth to another schema: a whole that hangs together.
      if (i > 0 && i % 2 == 0)
        sql +=
            fmt::format("alter table many_{0}.t{1} add foreign key (ref) references many_{0}.t{2};", schema, i, i - 1);
      if (i > 0 && i % 2 == 1)
        sql +=
            fmt::format("alter table many_{0}.t{1} add foreign key (ref) references many_{0}.t{2};", schema, i, i / 3);
      if (schema > 0 && i % 10 == 0)
        sql += fmt::format("alter table many_{0}.t{1} add foreign key (far) references many_{2}.t{1};", schema, i,
                           schema - 1);
    }
    REQUIRE(connection.simple(sql, Deadline::in(std::chrono::seconds(120))).has_value());
  }
  const auto began = Monotonic::now();
  const auto catalog = read_catalog(connection, Deadline::in(std::chrono::seconds(60)));
  REQUIRE((catalog ? "" : catalog.error().text()) == "");
  const auto graph = graph_of(*catalog);
  const auto candidates = candidates_in(graph, "shop", {});
  WARN("1400 tables: " << std::chrono::duration_cast<std::chrono::milliseconds>(Monotonic::now() - began).count()
                       << " ms for catalog, graph and proposals");
  CHECK(graph.tables.size() >= 1400);
  REQUIRE_FALSE(candidates.empty());
  // A schema at an end of the chain is tied to one other only.
  CHECK(candidates.front().crossing.size() <= 20);
  for (const auto& name : names)
    REQUIRE(connection.simple("drop schema " + name + " cascade", Deadline::in(std::chrono::seconds(120))).has_value());
}

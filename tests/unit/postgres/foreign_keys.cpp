#include "postgres/sql/foreign_keys.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::soon;

namespace {

using Components = std::vector<std::vector<TableName>>;

TableName t(const std::string& name) {
  return {"keys", name};
}

ForeignKey key(const std::string& from, const std::string& to) {
  return {from + "_" + to, t(from), t(to)};
}

}  // namespace

TEST_CASE("who refers comes before what is referred to") {
  const std::vector<TableName> tables{t("builds"), t("jobs"), t("projects"), t("alone")};
  const auto order =
      referencing_first(tables, {key("jobs", "builds"), key("builds", "projects"), key("jobs", "projects")});
  CHECK(order == Components{{t("alone")}, {t("jobs")}, {t("builds")}, {t("projects")}});
}

TEST_CASE("tables that refer to each other are one component, and one that refers to itself is alone in its own") {
  const std::vector<TableName> tables{t("a"), t("b"), t("c"), t("d"), t("e")};
  const auto order = referencing_first(
      tables, {key("a", "b"), key("b", "c"), key("c", "a"), key("d", "a"), key("d", "d"), key("b", "e")});
  CHECK(order == Components{{t("d")}, {t("a"), t("b"), t("c")}, {t("e")}});
}

TEST_CASE("two cycles that are joined by one key stay two components") {
  const std::vector<TableName> tables{t("a"), t("b"), t("c"), t("d")};
  CHECK(referencing_first(tables, {key("a", "b"), key("b", "a"), key("c", "d"), key("d", "c"), key("b", "c")}) ==
        Components{{t("a"), t("b")}, {t("c"), t("d")}});
  CHECK(referencing_first(tables, {key("a", "b"), key("b", "a"), key("c", "d"), key("d", "c"), key("c", "b")}) ==
        Components{{t("c"), t("d")}, {t("a"), t("b")}});
}

TEST_CASE("keys of other tables do not count") {
  CHECK(referencing_first({t("a")}, {key("x", "a"), key("a", "y")}) == Components{{t("a")}});
}

TEST_CASE("whoever refers through others is found too, and in a circle nobody is found twice") {
  const std::vector<ForeignKey> keys{key("b", "a"), key("c", "b"), key("d", "c"), key("b", "d"), key("a", "z")};
  CHECK(referencing({t("a")}, keys) == std::vector<TableName>{t("b"), t("c"), t("d")});
  CHECK(referencing({t("z")}, keys) == std::vector<TableName>{t("a"), t("b"), t("c"), t("d")});
  CHECK(referencing({t("b"), t("c"), t("d")}, keys).empty());
}

TEST_CASE("foreign keys are told once, from root to root, whatever partitions they are declared on") {
  auto admin = main_server().connect();
  const test::Schema schema(admin, "keys");
  run(admin,
      "CREATE TABLE keys.projects (id int PRIMARY KEY, parent int CONSTRAINT up REFERENCES keys.projects);"
      "CREATE TABLE keys.logs (id int PRIMARY KEY, project int CONSTRAINT of_logs REFERENCES keys.projects) PARTITION "
      "BY RANGE (id);"
      "CREATE TABLE keys.logs_1 PARTITION OF keys.logs FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);"
      "CREATE TABLE keys.logs_1_1 PARTITION OF keys.logs_1 FOR VALUES FROM (0) TO (5);"
      "CREATE TABLE keys.notes (log int CONSTRAINT of_notes REFERENCES keys.logs);"
      "CREATE TABLE keys.pins (log int CONSTRAINT of_pins REFERENCES keys.logs_1_1);"
      "ALTER TABLE keys.logs_1_1 ADD CONSTRAINT of_leaf FOREIGN KEY (id) REFERENCES keys.projects");
  const auto keys = foreign_keys(admin, soon());
  REQUIRE(keys);
  std::vector<std::string> seen;
  for (const auto& key : *keys) {
    if (key.from.schema == "keys") seen.push_back(key.name + ": " + key.from.name + " to " + key.to.name);
  }
  CHECK(seen == std::vector<std::string>{"of_leaf: logs to projects", "of_logs: logs to projects",
                                         "of_notes: notes to logs", "of_pins: pins to logs",
                                         "up: projects to projects"});
}

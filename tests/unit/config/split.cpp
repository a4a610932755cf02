#include "config/split.h"

#include <catch2/catch.hpp>

#include "config/table_name.h"
#include "runbook/a_vocabulary.h"

using namespace pgcleave::runbook;
using namespace pgcleave;
using namespace pgcleave::config;

namespace {

const std::string head = "split: 1\nname: ci\n";

Texts problems_of_split(const std::string& text) {
  const auto read = config::read_split("s.yml", text);
  CHECK(read.value.has_value() == read.problems.empty());
  return texts(read.problems);
}

Read<config::Classified> classified(const std::string& lines, const std::vector<Name>& catalog) {
  const auto split = read_split("s.yml", head + lines);
  CHECK(texts(split.problems) == Texts{});
  REQUIRE(split.value);
  return classify(*split.value, catalog);
}

}  // namespace

TEST_CASE("a table's name goes before a pattern, a pattern before a schema") {
  const auto read = classified(
      "moved: {tables: ['public.\"Weird Name\"', Users], patterns: [public.ci_*]}\nkept: {schemas: [public]}\nshared: "
      "{tables: "
      "[public.ci_kept]}\n",
      {{"public", "Weird Name"}, {"public", "users"}, {"public", "ci_a"}, {"public", "ci_kept"}, {"public", "b"}});
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value);
  CHECK(read.value->moved ==
        std::vector<config::Name>{{"public", "Weird Name"}, {"public", "ci_a"}, {"public", "users"}});
  CHECK(read.value->kept == std::vector<config::Name>{{"public", "b"}});
  CHECK(read.value->shared == std::vector<config::Name>{{"public", "ci_kept"}});
}

TEST_CASE("what matches nothing, is claimed twice or by nobody is reported by name") {
  const auto read = classified(
      "moved: {tables: [ci.biulds], schemas: [nowhere], patterns: [ci.p*, ci.x_*]}\nkept: {patterns: ['*.pa']}\n",
      {{"ci", "builds"}, {"ci", "pa"}, {"ci", "pb"}, {"z", "B"}});
  CHECK_FALSE(read.value);
  CHECK(texts(read.problems) ==
        Texts{"s.yml: a table of schema ci in no class: ci.builds\n  put each under moved, kept or shared: by name, "
              "schema or pattern",
              "s.yml: a table of schema z in no class: z.\"B\"\n  put each under moved, kept or shared: by name, "
              "schema or pattern",
              "s.yml:3:18: the database has no table ci.biulds\n  did you mean 'ci.builds'?",
              "s.yml:3:40: no table of the database is in the schema 'nowhere'\n  remove it or fix its name",
              "s.yml:3:68: no table of the database is in the pattern 'ci.x_*'\n  remove it or fix its name",
              "s.yml:4:19: the table ci.pa is moved by 'ci.p*' and kept by '*.pa'\n  name the table itself under "
              "tables of one class"});
}

TEST_CASE("what is clear is told in spite of problems") {
  const auto split =
      config::read_split("s.yml", head + "moved: {tables: [ci.gone], schemas: [ci]}\nkept: {tables: [public.users]}\n");
  REQUIRE(split.value);
  const auto clear =
      config::classify_what_is_clear(*split.value, {{"ci", "builds"}, {"public", "new"}, {"public", "users"}});
  CHECK(clear.classified.moved == std::vector<config::Name>{{"ci", "builds"}});
  CHECK(clear.classified.kept == std::vector<config::Name>{{"public", "users"}});
  CHECK(clear.unclassified == std::vector<config::Name>{{"public", "new"}});
  CHECK(texts(clear.problems) ==
        Texts{"s.yml:3:18: the database has no table ci.gone\n  partitions are not named: they go with their root"});
}

TEST_CASE("a split file's mistakes have their position") {
  const std::string name = "\n  write ci.builds, or with double quotes what is not in small letters: ci.\"Weird Name\"";
  CHECK(problems_of_split(head + "moved: {tables: [a.b.c, 'a b', '\"x', 1a, '\"\"']}\n") ==
        Texts{"s.yml:3:18: 'a.b.c' is not a name in SQL syntax: it has more than a schema and a table" + name,
              "s.yml:3:25: 'a b' is not a name in SQL syntax: its character 2 does not belong there" + name,
              "s.yml:3:32: '\"x' is not a name in SQL syntax: there is no closing quote" + name,
              "s.yml:3:38: '1a' is not a name in SQL syntax: no name begins at its character 1" + name,
              "s.yml:3:42: '\"\"' is not a name in SQL syntax: a name is empty" + name});
  CHECK(problems_of_split(head + "moved: {tables: [a.b]}\nkept: {tables: [A.B]}\n") ==
        Texts{"s.yml:4:17: 'A.B' is named twice\n  the first is at s.yml:3:18"});
  CHECK(
      problems_of_split(head + "moved: {patterns: [ci_*]}\n") ==
      Texts{
          "s.yml:3:20: 'ci_*' is not a pattern\n  write schema.table with * and ?, such as ci.p_*, at most 256 bytes"});
  CHECK(problems_of_split(head + "moved: {}\n") ==
        Texts{"s.yml:3:1: moved names no table\n  add tables, schemas or patterns"});
  CHECK(problems_of_split(head + "moved: {table: [a]}\n") ==
        Texts{"s.yml:3:9: unknown key 'table' in moved\n  did you mean 'tables'?"});
  CHECK(problems_of_split("split: 1\nname: kept_ci\nmoved: {schemas: [a]}\n") ==
        Texts{"s.yml:2:7: 'kept_ci' is not a name for a split\n  choose one that does not begin with kept_"});
  CHECK(problems_of_split("split: 1\nname: Ci\nmoved: {schemas: [a]}\n") ==
        Texts{"s.yml:2:7: 'Ci' is not a name for a split\n  use small letters, digits and _, a letter first, at most "
              "31 characters"});
}

TEST_CASE("names follow PostgreSQL's identifier syntax and survive a round trip") {
  CHECK(config::parse_table_name("Users").value() == config::Name{"public", "users"});
  CHECK(config::parse_table_name("\"A\"\"b\".\"c.d\"").value() == config::Name{"A\"b", "c.d"});
  for (const auto& name : {config::Name{"public", "users"}, config::Name{"A\"b", "c.d"}, config::Name{"x", "\xc3\xa4"},
                           config::Name{"x", "1"}}) {
    CHECK(config::parse_table_name(name.text()).value() == name);
  }
  CHECK(config::Name{"ci", "builds"}.text() == "ci.builds");
  CHECK(config::parse_table_name(std::string(63, 'a')).has_value());
  CHECK_FALSE(config::parse_table_name(std::string(64, 'a')).has_value());
}

TEST_CASE("a pattern's * is any run of characters and ? is one, also of several bytes") {
  CHECK(config::matches("public.ci_*", "public.ci_"));
  CHECK(config::matches("a.?", "a.\xc3\xa4"));
  CHECK(config::matches("*.a*b*c", "x.aXbXbc"));
  CHECK_FALSE(config::matches("a.?", "a."));
  CHECK_FALSE(config::matches("a.b", "a.bc"));
  CHECK_FALSE(config::matches(std::string(100, '*') + "x", std::string(126, 'a')));
}

TEST_CASE("a schema or pattern that has only partitions is no mistake, and takes what is detached there") {
  const auto split = config::read_split(
      "s.yml", head + "moved: {schemas: [ci, parts], patterns: ['more.p_*']}\nkept: {schemas: [public]}\n");
  REQUIRE(split.value);
  const std::vector<config::Name> roots{{"ci", "metadata"}, {"public", "users"}};
  const std::vector<config::Name> partitions{{"parts", "metadata_1"}, {"more", "p_1"}};
  const auto read = config::classify(*split.value, roots, partitions);
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value);
  CHECK(read.value->moved == std::vector<config::Name>{{"ci", "metadata"}});
  CHECK(classify(*split.value, roots).problems.size() == 2);
  const auto detached =
      classify(*split.value, {{"ci", "metadata"}, {"parts", "metadata_1"}, {"public", "users"}}, {{"more", "p_1"}});
  REQUIRE(detached.value);
  CHECK(detached.value->moved == std::vector<config::Name>{{"ci", "metadata"}, {"parts", "metadata_1"}});
}

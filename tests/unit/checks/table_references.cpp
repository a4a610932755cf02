#include "checks/table_references.h"

#include <catch2/catch.hpp>

#include "some_references.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

Program sql(const std::string& name, const std::string& body) {
  return {{"public", name}, name + "()", "sql", body, ""};
}
Program plpgsql(const std::string& name, const std::string& body) {
  return {{"public", name},
          name + "()",
          "plpgsql",
          body,
          "CREATE FUNCTION public." + name + "() RETURNS void LANGUAGE plpgsql AS $x$ " + body + " $x$"};
}

std::string touched_by(const std::string& statement, const std::vector<Program>& programs = {},
                       const std::vector<Dependency>& dependencies = {}) {
  TableReferences references(small_split(), dependencies, programs);
  const auto touched = references.of_text(statement);
  return touched.text() + (touched.guessed ? " ?" : "");
}

}  // namespace

TEST_CASE("a statement touches tables by their part, and says which it writes") {
  CHECK(touched_by("select from ci.builds") == "moved ci.builds");
  CHECK(touched_by("insert into ci.jobs select from users") == "moved ci.jobs (written); kept public.users");
  CHECK(touched_by("select from public.currencies, elsewhere.builds").empty());
}

TEST_CASE("a name without a schema is public's, or the only one that there is") {
  CHECK(touched_by("select from users") == "kept public.users");
  CHECK(touched_by("select from builds") == "moved ci.builds");
}

TEST_CASE("views are seen through, one over the other") {
  const std::vector<Dependency> views{{DependencyKind::view, "", {"public", "v"}, {"public", "w"}},
                                      {DependencyKind::view, "", {"public", "w"}, {"ci", "jobs"}},
                                      {DependencyKind::view, "", {"public", "w"}, {"public", "users"}}};
  CHECK(touched_by("select from v", {}, views) == "moved ci.jobs; kept public.users");
}

TEST_CASE("functions are seen through, also when they call each other in a circle") {
  CHECK(touched_by("select f() from users", {sql("f", "delete from ci.jobs")}) ==
        "moved ci.jobs (written); kept public.users");
  const std::vector<Program> circle{plpgsql("f", "begin perform g(); update users set name = ''; end"),
                                    sql("g", "select f() from ci.builds")};
  CHECK(touched_by("select f()", circle) == "moved ci.builds; kept public.users (written)");
  CHECK(touched_by("select g()", circle) == "moved ci.builds; kept public.users (written)");
}

TEST_CASE("dynamic SQL is parsed where it stands whole, and guessed at where it is put together") {
  CHECK(touched_by("select f()", {plpgsql("f", "begin execute 'delete from ci.jobs'; end")}) ==
        "moved ci.jobs (written)");
  CHECK(touched_by("select f()", {plpgsql("f", "begin execute 'delete from ci.jobs where ' || x; end")}) ==
        "moved ci.jobs ?");
  CHECK(touched_by("select f()", {plpgsql("f", "begin raise notice 'the table ci.jobs is full'; end")}).empty());
}

TEST_CASE("a language that is not parsed is gone through by its words, and that is said") {
  Program python{{"public", "f"}, "f()", "plpython3u", "plpy.execute('select from ci.builds') # users", ""};
  CHECK(touched_by("select f()", {python}) == "moved ci.builds; kept public.users ?");
}

TEST_CASE("many tables are counted, not named") {
  world::SplitTables tables{"ci", {}, {}};
  std::string list;
  for (int i = 0; i < 12; ++i) {
    postgres::Table one;
    one.name = {"ci", "t" + std::to_string(10 + i)};
    tables.moved.push_back(one);
    list += (list.empty() ? "" : ", ") + one.name.sql();
  }
  TableReferences references(tables, {}, {});
  CHECK(references.of_text("select from " + list).text() ==
        "moved ci.t10, ci.t11, ci.t12, ci.t13, ci.t14, ci.t15, ci.t16, ci.t17, 4 more");
}

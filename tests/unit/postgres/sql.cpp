#include "postgres/sql/sql.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>

using namespace pgcleave;
using namespace pgcleave::postgres;

namespace {

using Lines = std::vector<std::string>;

std::string line(const Mention& one) {
  return (one.schema.empty() ? "" : one.schema + ".") + one.name + (one.written ? " written" : "");
}
Lines lines(const std::vector<Mention>& mentions) {
  Lines out;
  for (const auto& one : mentions) out.push_back(line(one));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}
Lines relations(const std::string& sql) {
  const auto parsed = parse_sql(sql);
  REQUIRE(parsed);
  Lines out;
  for (const auto& statement : *parsed) {
    for (const auto& one : lines(statement.relations)) out.push_back(one);
  }
  return out;
}

}  // namespace

TEST_CASE("the tables of a statement are found wherever they stand in it") {
  CHECK(relations("select (select max(n) from ci.tokens) from users u join \"Weird Name\" w on true where exists "
                  "(select from b.c for update)") == Lines{"Weird Name", "b.c", "ci.tokens", "users"});
  CHECK(relations("select 1").empty());
  CHECK(relations("select $1::text || $2 from a where b = any($3)") == Lines{"a"});
}

TEST_CASE("what a statement writes is told from what it reads") {
  CHECK(relations("insert into ci.a select * from b on conflict do nothing") == Lines{"b", "ci.a", "ci.a written"});
  CHECK(relations("update a set x = b.x from b where a.id = b.id") == Lines{"a", "a written", "b"});
  CHECK(relations("delete from a using b") == Lines{"a", "a written", "b"});
  CHECK(relations("merge into a using b on a.id = b.id when matched then delete") == Lines{"a", "a written", "b"});
  CHECK(relations("truncate a, b.c") == Lines{"a", "a written", "b.c", "b.c written"});
  CHECK(relations("copy a from stdin") == Lines{"a", "a written"});
  CHECK(relations("copy a to stdout") == Lines{"a"});
  CHECK(relations("with gone as (delete from a returning *) insert into b select * from gone") ==
        Lines{"a", "a written", "b", "b written"});
}

TEST_CASE("a name that the statement's own WITH defines is no table") {
  CHECK(relations("with users as (select 1) select * from users, public.users") == Lines{"public.users"});
}

TEST_CASE("functions that are called are named, PostgreSQL's own with their schema left out") {
  const auto parsed = parse_sql("select ci.f(g(1)), pg_catalog.now() from h()");
  REQUIRE(parsed);
  CHECK(lines(parsed->at(0).functions) == Lines{"ci.f", "g", "h"});
}

TEST_CASE("kinds of statements, and how many there are") {
  const auto parsed = parse_sql("select 1; update a set b = 1; alter table a add c int");
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 3);
  CHECK(parsed->at(0).kind == StatementKind::select);
  CHECK(parsed->at(1).kind == StatementKind::update);
  CHECK(parsed->at(2).kind == StatementKind::other);
}

TEST_CASE("a text that was cut off, or is no SQL, is an error with the parser's words") {
  const auto cut = parse_sql("select a from b where c = 'unfin");
  REQUIRE_FALSE(cut);
  CHECK(cut.error().kind == ErrorKind::invalid);
  CHECK_FALSE(parse_sql("x := 1"));
  CHECK(parse_sql("")->empty());
}

TEST_CASE("a statement that is nested without end is refused, and nothing breaks") {
  std::string deep = "select 1";
  for (int i = 0; i < 5'000; ++i) deep += " + (1";
  deep += std::string(5'000, ')');
  CHECK_FALSE(parse_sql(deep));
  std::string nots = "select ";
  for (int i = 0; i < 4'000; ++i) nots += "not ";
  const auto began = std::clock();
  CHECK_FALSE(parse_sql(nots + "true"));
  CHECK((std::clock() - began) / CLOCKS_PER_SEC < 2);
}

TEST_CASE("the queries of a PL/pgSQL function come out, and of another language an error") {
  const auto queries = queries_of_plpgsql(R"(CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
    declare n int := 3; r record; s text; begin insert into ci.a values (new.id); n := (select count(*) from b);
    perform g(n); for r in select * from c loop update d set x = 1; end loop; execute 'delete from e'; s := '"}\\"';
    return null; end $$)");
  REQUIRE(queries);
  for (const auto* one : {"insert into ci.a values (new.id)", "update d set x = 1", "select * from c",
                          "'delete from e'", R"(s := '"}\\"')"}) {
    INFO(one);
    CHECK(std::count(queries->begin(), queries->end(), one) == 1);
  }
  CHECK_FALSE(queries_of_plpgsql("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ beginn $$"));
}

TEST_CASE("a function without a body is an error, and the parser does not end the process") {
  CHECK_FALSE(queries_of_plpgsql("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql -- AS $$ begin end $$"));
  CHECK_FALSE(queries_of_plpgsql("CREATE FUNCTION f() RETURNS int AS $$ begin end $$"));
  CHECK_FALSE(queries_of_plpgsql("DO LANGUAGE plpgsql"));
  CHECK(queries_of_plpgsql("DO $$ begin delete from t; end $$")->size() == 1);
}

TEST_CASE("words are read as names, without comments") {
  CHECK(lines(words_of(
            "plan = plpy.execute('delete from ci.\"Weird Name\" where A1 = 12x') -- users\n/* accounts */ rest")) ==
        Lines{"a1", "ci.Weird Name", "delete", "from", "plan", "plpy.execute", "rest", "where"});
  CHECK(words_of("\"not closed").size() == 1);
}

#include "postgres/sequence_uses.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::soon;

namespace {

using UseLines = std::vector<std::string>;

std::string names_of(const std::set<TableName>& tables) {
  std::string all;
  for (const auto& table : tables) all += (all.empty() ? "" : " ") + table.sql();
  return all;
}

// "uses.no: uses.a uses.b, beside uses.c" of the sequences in the test's schemas.
UseLines uses(Connection& connection) {
  const auto found = sequence_uses(connection, soon());
  if (!found) FAIL(found.error().text());
  UseLines lines;
  for (const auto& one : *found) {
    if (!one.name.schema.starts_with("uses")) continue;
    lines.push_back(one.name.sql() + ": " + names_of(one.uses) + (one.owner ? ", owned by " + one.owner->sql() : "") +
                    (one.beside.empty() ? "" : ", beside " + names_of(one.beside)) +
                    (one.of_extension ? ", of an extension" : ""));
  }
  return lines;
}

}  // namespace

TEST_CASE("a sequence is used by the table whose column owns it, and by those whose defaults read it") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "uses");
  run(connection, R"sql(
    CREATE TABLE uses.a (id serial, n bigint GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE uses.b (id int DEFAULT nextval('uses.a_id_seq'));
    CREATE SEQUENCE uses.alone;
    CREATE TEMPORARY SEQUENCE gone;
    CREATE DOMAIN uses.key AS bigint DEFAULT nextval('uses.alone');
    CREATE SEQUENCE uses.by_text;
    CREATE TABLE uses.c (id int DEFAULT nextval('uses.by_text'::text), key uses.key);
    CREATE SEQUENCE uses.nobody)sql");
  CHECK(uses(connection) == UseLines{"uses.a_id_seq: uses.a uses.b, owned by uses.a",
                                     "uses.a_n_seq: uses.a, owned by uses.a", "uses.alone: uses.c",
                                     "uses.by_text: uses.c", "uses.nobody: "});
}

TEST_CASE("a sequence is used by a table whose default, check or trigger calls a function that uses it, however deep") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "uses");
  run(connection, R"sql(
    CREATE SEQUENCE uses.fn_seq;
    CREATE FUNCTION uses.inner_fn() RETURNS bigint LANGUAGE sql AS $$ select nextval('uses.fn_seq') $$;
    CREATE FUNCTION uses.fn_id() RETURNS bigint LANGUAGE plpgsql AS $$ begin return uses.inner_fn(); end $$;
    CREATE TABLE uses.fn (id bigint DEFAULT uses.fn_id());
    CREATE SEQUENCE uses.tg_seq;
    CREATE FUNCTION uses.tg_fill() RETURNS trigger LANGUAGE plpgsql AS
      $$ begin new.id := nextval('tg_seq'); return new; end $$;
    CREATE TABLE uses.tg (id bigint);
    CREATE TRIGGER fill BEFORE INSERT ON uses.tg FOR EACH ROW EXECUTE FUNCTION uses.tg_fill();
    CREATE SEQUENCE uses.std_seq;
    CREATE FUNCTION uses.std_id() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT nextval('uses.std_seq'); END;
    CREATE TABLE uses.std (id bigint DEFAULT uses.std_id());
    CREATE SEQUENCE uses.argument_seq;
    CREATE FUNCTION uses.plus(n bigint DEFAULT nextval('uses.argument_seq')) RETURNS bigint LANGUAGE sql AS
      $$ select n + 1 $$;
    CREATE TABLE uses.argument (id bigint DEFAULT uses.plus()))sql");
  CHECK(uses(connection) == UseLines{"uses.argument_seq: uses.argument", "uses.fn_seq: uses.fn",
                                     "uses.std_seq: uses.std", "uses.tg_seq: uses.tg"});
}

TEST_CASE("a sequence is used by the tables of a view or rule that reads it") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "uses");
  run(connection, R"sql(
    CREATE SEQUENCE uses.view_seq;
    CREATE SEQUENCE uses.rule_seq;
    CREATE SEQUENCE uses.instead_seq;
    CREATE TABLE uses.a (id bigint, v text);
    CREATE TABLE uses.b (id bigint, v text);
    CREATE VIEW uses.inner_view AS SELECT v, nextval('uses.view_seq'::text) FROM uses.a;
    CREATE VIEW uses.outer_view AS SELECT v FROM uses.inner_view;
    CREATE RULE log AS ON INSERT TO uses.b DO ALSO INSERT INTO uses.a VALUES (nextval('uses.rule_seq'));
    CREATE FUNCTION uses.put() RETURNS trigger LANGUAGE plpgsql AS
      $$ begin insert into uses.b values (nextval('uses.instead_seq')); return new; end $$;
    CREATE TRIGGER put INSTEAD OF INSERT ON uses.outer_view FOR EACH ROW EXECUTE FUNCTION uses.put())sql");
  CHECK(uses(connection) ==
        UseLines{"uses.instead_seq: uses.a, beside uses.b", "uses.rule_seq: uses.b", "uses.view_seq: uses.a"});
}

TEST_CASE(
    "a sequence whose name is put together at run time is found by its words, also in a language that is not parsed") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "uses");
  run(connection, R"sql(
    CREATE SEQUENCE uses."Odd No";
    CREATE SEQUENCE uses.from_variable;
    CREATE SEQUENCE uses.only_text;
    CREATE TABLE uses.a (id bigint, v jsonb);
    CREATE FUNCTION uses.odd() RETURNS trigger LANGUAGE plpgsql AS $$
      begin execute 'select nextval(' || quote_literal('uses."Odd No"') || ')' into new.id; return new; end $$;
    CREATE FUNCTION uses.variable() RETURNS trigger LANGUAGE plpgsql AS $$
      declare which text := 'uses.from_variable'; begin new.id := nextval(which); return new; end $$;
    CREATE FUNCTION uses.key() RETURNS trigger LANGUAGE plpgsql AS
      $$ begin new.id := new.v->>'only_text'; return new; end $$;
    CREATE TRIGGER a BEFORE INSERT ON uses.a FOR EACH ROW EXECUTE FUNCTION uses.odd();
    CREATE TRIGGER b BEFORE INSERT ON uses.a FOR EACH ROW EXECUTE FUNCTION uses.variable();
    CREATE TRIGGER c BEFORE INSERT ON uses.a FOR EACH ROW EXECUTE FUNCTION uses.key())sql");
  CHECK(uses(connection) == UseLines{"uses.\"Odd No\": uses.a", "uses.from_variable: uses.a", "uses.only_text: "});
}

TEST_CASE("a sequence that a function uses beside the tables that it writes is told with them") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "uses");
  test::Schema other(connection, "uses_too");
  run(connection, R"sql(
    CREATE SEQUENCE uses.no;
    CREATE SEQUENCE uses_too.no;
    CREATE TABLE uses.a (id bigint);
    CREATE TABLE uses.b (id bigint);
    CREATE FUNCTION uses.number() RETURNS bigint LANGUAGE plpgsql AS $$ begin return nextval('no'); end $$;
    CREATE PROCEDURE uses.put() LANGUAGE plpgsql AS
      $$ begin insert into uses.a values (uses.number()); perform from uses.b; end $$)sql");
  CHECK(uses(connection) == UseLines{"uses.no: , beside uses.a", "uses_too.no: , beside uses.a"});
}

TEST_CASE("a partition that was a table owns the sequence that its new parent uses") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "uses");
  test::Schema parts(connection, "uses_parts");
  run(connection, R"sql(
    CREATE TABLE uses.findings (id bigserial, tenant int NOT NULL);
    ALTER TABLE uses.findings RENAME TO findings_1;
    ALTER TABLE uses.findings_1 SET SCHEMA uses_parts;
    CREATE TABLE uses.findings (id bigint NOT NULL DEFAULT nextval('uses_parts.findings_id_seq'), tenant int NOT NULL)
      PARTITION BY LIST (tenant);
    ALTER TABLE uses.findings ATTACH PARTITION uses_parts.findings_1 FOR VALUES IN (1))sql");
  CHECK(uses(connection) ==
        UseLines{"uses_parts.findings_id_seq: uses.findings uses_parts.findings_1, owned by uses_parts.findings_1"});
}

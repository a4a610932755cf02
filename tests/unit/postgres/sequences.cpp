#include "postgres/sequences.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::soon;

namespace {

const Sequence& find(const std::vector<Sequence>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& sequence) { return sequence.name.name == name; });
  if (found == all.end()) FAIL("no sequence " << name);
  return *found;
}

}  // namespace

TEST_CASE(
    "the sequences of the given names are found with their exact state, others and what is no sequence are left out") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "seq");
  run(connection, R"sql(
    CREATE TABLE seq.a (id serial, n bigint GENERATED ALWAYS AS IDENTITY);
    CREATE SEQUENCE seq."it's $do$ ""x""" AS smallint INCREMENT -2 MINVALUE -100 MAXVALUE 50 START 50 CACHE 10 CYCLE;
    CREATE SEQUENCE seq.other;
    SELECT nextval('seq.a_id_seq'), nextval('seq.a_id_seq');
    SELECT setval('seq."it''s $do$ ""x"""', 10))sql");
  const TableName odd{"seq", "it's $do$ \"x\""};
  const auto found =
      sequences(connection, {{"seq", "a_id_seq"}, {"seq", "a_n_seq"}, odd, {"seq", "a"}, {"seq", "gone"}}, soon());
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  const auto serial = find(*found, "a_id_seq");
  CHECK(serial.last_value == 2);
  CHECK(serial.is_called);
  CHECK(serial.maximum == 2147483647);
  const auto identity = find(*found, "a_n_seq");
  CHECK(identity.last_value == 1);
  CHECK_FALSE(identity.is_called);
  const auto both = find(*found, odd.name);
  CHECK(both.last_value == 10);
  CHECK(both.increment == -2);
  CHECK(both.minimum == -100);
  CHECK(both.maximum == 50);
  CHECK(both.cache == 10);
  CHECK(both.cycles);
  CHECK(sequences(connection, {}, soon())->empty());
  CHECK(run(connection, "SHOW search_path").text(0, "search_path") != "pg_catalog");
}

TEST_CASE("a not yet called sequence with a moved start is told from a called one") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "seq");
  run(connection, "CREATE TABLE seq.a (id serial); SELECT setval('seq.a_id_seq', 77, false)");
  const auto found = sequences(connection, {{"seq", "a_id_seq"}}, soon());
  REQUIRE(found);
  CHECK(found->at(0).last_value == 77);
  CHECK_FALSE(found->at(0).is_called);
}

TEST_CASE("after setting, the next value is the one that the bumps promise") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "seq");
  run(connection, "CREATE TABLE seq.a (id serial, \"N\" bigint GENERATED ALWAYS AS IDENTITY)");
  REQUIRE(set_sequences(connection, {{{"seq", "a_id_seq"}, 41, true}, {{"seq", "a_N_seq"}, 99, false}}, soon()));
  CHECK(run(connection, "SELECT nextval('seq.a_id_seq') AS next").number(0, "next") == 42);
  CHECK(run(connection, "SELECT nextval('seq.\"a_N_seq\"') AS next").number(0, "next") == 99);
  CHECK(set_sequences(connection, {}, soon()));
  CHECK_FALSE(set_sequences(connection, {{{"seq", "gone"}, 1, true}}, soon()));
}

TEST_CASE("the quick reader tells what the slow one tells, also of sequences that were called, moved or made since") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "seq");
  run(connection,
      "CREATE TABLE seq.a (called serial, silent serial, moved serial, restarted serial); SELECT "
      "nextval('seq.a_called_seq'), "
      "nextval('seq.a_restarted_seq')");
  const std::vector<TableName> names{{"seq", "a_called_seq"},
                                     {"seq", "a_moved_seq"},
                                     {"seq", "a_restarted_seq"},
                                     {"seq", "a_silent_seq"},
                                     {"seq", "gone"}};
  const auto same = [](const std::vector<Sequence>& a, const std::vector<Sequence>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      INFO(a[i].name.sql());
      CHECK(a[i].name == b[i].name);
      CHECK(a[i].last_value == b[i].last_value);
      CHECK(a[i].is_called == b[i].is_called);
    }
  };
  const auto slow = [&] { return *sequences(connection, names, soon()); };
  SequenceReader reader;
  CHECK_FALSE(reader.is_prepared());
  REQUIRE(reader.prepare(connection, names, soon()));
  CHECK(reader.is_prepared());
  same(*reader.read(connection, soon()), slow());
  run(connection,
      "SELECT nextval('seq.a_called_seq'), nextval('seq.a_silent_seq'), setval('seq.a_moved_seq', 500, false)");
  same(*reader.read(connection, soon()), slow());
  run(connection, "ALTER SEQUENCE seq.a_restarted_seq RESTART WITH 9");
  same(*reader.read(connection, soon()), slow());
  REQUIRE(reader.prepare(connection, names, soon()));
  auto another = main_server().connect();
  same(*reader.read(another, soon()), slow());  // knows nothing of the statement
  run(connection, "ALTER TABLE seq.a DROP COLUMN silent");
  same(*reader.read(connection, soon()), slow());
}

// Sequences that are going to give out a key that is there.
#include "compare/shape/item.h"
#include "two_copies.h"

namespace pgcleave::compare::test {
namespace {

struct Sequences : TwoCopies {
  // What the original says of each sequence that would give out a key; empty: none.
  std::string found(const std::vector<std::string>& tables = {"t"}) {
    std::string text;
    const auto outcome = compare(tables);
    CHECK(outcome.shape.not_compared == "");
    for (const auto& one : outcome.shape.differences) {
      CHECK(one.kind == ShapeKind::sequence_value);
      CHECK(one.on_original);
      text += (text.empty() ? "" : "; ") + one.name + ": " + one.original;
      repair = one.repair;
    }
    return text;
  }
  std::string repair;
};

}  // namespace

TEST_CASE("a sequence that would give out an existing key is named") {
  Sequences sides;
  sides.both("CREATE TABLE cmp.t (id serial PRIMARY KEY); INSERT INTO cmp.t SELECT FROM generate_series(1, 10)");
  CHECK(sides.found().empty());
  SECTION("because a key was inserted by hand") {
    sides.both("INSERT INTO cmp.t VALUES (11), (40)");
    CHECK(sides.found() == "cmp.t_id_seq: 11 comes next, and id 40 is there");
    run(sides.original, sides.repair);
    CHECK(sides.found().empty());
    CHECK(run(sides.original, "INSERT INTO cmp.t DEFAULT VALUES RETURNING id").number(0, "id") == 41);
  }
  SECTION("because it was never called") {
    sides.both("ALTER SEQUENCE cmp.t_id_seq RESTART WITH 10");
    CHECK(sides.found() == "cmp.t_id_seq: 10 comes next, and id 10 is there");
  }
  SECTION("not the one of the copy, which is carried when it takes over") {
    run(sides.copy, "ALTER SEQUENCE cmp.t_id_seq RESTART WITH 1");
    CHECK(sides.found().empty());
  }
  SECTION("not for a key that it steps over") {
    sides.both("ALTER SEQUENCE cmp.t_id_seq INCREMENT BY 2 RESTART WITH 11; INSERT INTO cmp.t VALUES (12), (14)");
    CHECK(sides.found().empty());
    sides.both("INSERT INTO cmp.t VALUES (15)");
    CHECK(sides.found() == "cmp.t_id_seq: 11 comes next, and id 15 is there");
    run(sides.original, sides.repair);
    CHECK(run(sides.original, "INSERT INTO cmp.t DEFAULT VALUES RETURNING id").number(0, "id") == 17);
  }
  SECTION("not for a key beyond its end, nor when it has come to its end") {
    sides.both("ALTER SEQUENCE cmp.t_id_seq MAXVALUE 20; INSERT INTO cmp.t VALUES (21)");
    CHECK(sides.found().empty());
    sides.both("SELECT setval('cmp.t_id_seq', 20)");
    CHECK(sides.found().empty());
  }
  SECTION("descending") {
    sides.both(
        "ALTER SEQUENCE cmp.t_id_seq INCREMENT BY -1 MINVALUE -100 RESTART WITH -1; INSERT INTO cmp.t VALUES (-3)");
    CHECK(sides.found() == "cmp.t_id_seq: -1 comes next, and id -3 is there");
    run(sides.original, sides.repair);
    CHECK(sides.found().empty());
    CHECK(run(sides.original, "INSERT INTO cmp.t DEFAULT VALUES RETURNING id").number(0, "id") == -4);
  }
  SECTION("by its next value alone, where it cycles") {
    sides.both("ALTER SEQUENCE cmp.t_id_seq MAXVALUE 10 CYCLE; DELETE FROM cmp.t WHERE id = 1");
    CHECK(sides.found().empty());
    sides.both("INSERT INTO cmp.t VALUES (1)");
    CHECK(sides.found() == "cmp.t_id_seq: 1 comes next, and id 1 is there");
    CHECK(sides.repair.empty());
  }
}

TEST_CASE("sequences are judged whichever way a column uses them") {
  Sequences sides;
  sides.both(
      "CREATE SEQUENCE cmp.mine; CREATE TABLE cmp.t (id int PRIMARY KEY DEFAULT nextval('cmp.mine')); "
      "CREATE TABLE cmp.i (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); "
      "CREATE TABLE cmp.other (id int PRIMARY KEY DEFAULT nextval('cmp.mine') * 2, free serial); "
      "CREATE TABLE cmp.p (id bigint GENERATED ALWAYS AS IDENTITY, at int, PRIMARY KEY (id, at)) PARTITION BY LIST "
      "(at); "
      "CREATE TABLE cmp.p1 PARTITION OF cmp.p FOR VALUES IN (1); INSERT INTO cmp.other VALUES (6, DEFAULT); "
      "INSERT INTO cmp.t VALUES (5); INSERT INTO cmp.i OVERRIDING SYSTEM VALUE VALUES (5); "
      "INSERT INTO cmp.p OVERRIDING SYSTEM VALUE VALUES (5, 1)");
  sides.request.parents = {{"cmp", "p"}};
  CHECK(sides.found({"t", "i", "other", "p1"}) ==
        "cmp.i_id_seq: 1 comes next, and id 5 is there; cmp.p_id_seq: 1 comes next, and id 5 is there; "
        "cmp.mine: 1 comes next, and id 5 is there");
}

TEST_CASE("the greatest value of a large table without an index is not read, and that is told") {
  Sequences sides;
  sides.both(
      "CREATE TABLE cmp.t (id serial, note text); ALTER TABLE cmp.t ALTER note SET STORAGE plain; "
      "INSERT INTO cmp.t SELECT g, repeat('x', 2000) FROM generate_series(1, 5000) g");
  CHECK(sides.found().empty());
  CHECK(sides.compare({"t"}).shape.notes ==
        std::vector<std::string>{"whether a sequence gives out a key that is there was not judged for 1 column, since "
                                 "no index begins with it: "
                                 "cmp.t.id"});
}

}  // namespace pgcleave::compare::test

#include "world/split_sequences.h"

#include "steps/fenced_split.h"

namespace pgcleave::world {
using namespace pgcleave::steps;
namespace {

using postgres::test::ci_server;
using postgres::test::main_server;
using test::SplitDatabase;
using test::TwoSides;

// Two databases that were one until a moment ago.
class OneSplit {
 public:
  OneSplit() : source(main_server()), target(ci_server()), sides(main_server(), ci_server()) {
    test::name_tables(sides.world);
    sides.world.split_file.path = "split.yml";
  }
  void on_both(const std::string& text) {
    source.sql(text);
    target.sql(text);
  }
  Result<Json> carry(const char* to) {
    const auto prepared = sides.prepare("sequences.bump", {{"to", to}});
    if (!prepared) return fail(prepared.error());
    return sides.apply("sequences.bump", {{"to", to}}, std::chrono::seconds(5));
  }
  static std::int64_t next(SplitDatabase& on, const std::string& sequence) {
    return on.sql("SELECT nextval('" + sequence + "') AS next").number(0, "next");
  }

  SplitDatabase source;
  SplitDatabase target;
  TwoSides sides;
};

}  // namespace

TEST_CASE("sequences that no column knows are carried to the side that takes over, and back") {
  OneSplit split;
  split.on_both(R"sql(
    CREATE SEQUENCE moved.alone;
    CREATE SEQUENCE kept.by_trigger;
    CREATE SEQUENCE kept.stays;
    CREATE SEQUENCE moved.odd AS smallint MAXVALUE 300 CYCLE;
    CREATE FUNCTION moved.fill() RETURNS trigger LANGUAGE plpgsql AS
      $$ begin new.id := nextval('kept.by_trigger'); return new; end $$;
    CREATE TRIGGER fill BEFORE INSERT ON moved.jobs FOR EACH ROW EXECUTE FUNCTION moved.fill())sql");
  split.source.sql(
      "SELECT setval('moved.alone', 5000), setval('kept.by_trigger', 70), setval('kept.stays', 9), setval('moved.odd', "
      "299)");
  REQUIRE(split.carry("target"));
  CHECK(OneSplit::next(split.target, "moved.alone") == 5001);
  CHECK(OneSplit::next(split.target, "kept.by_trigger") == 71);
  CHECK(OneSplit::next(split.target, "kept.stays") == 1);
  CHECK(OneSplit::next(split.target, "moved.odd") == 300);
  REQUIRE(split.carry("source"));
  CHECK(OneSplit::next(split.source, "moved.alone") == 5002);
  CHECK(OneSplit::next(split.source, "kept.by_trigger") == 72);
  CHECK(OneSplit::next(split.source, "kept.stays") == 10);
  CHECK(OneSplit::next(split.source, "moved.odd") == 1);
}

TEST_CASE("a sequence in no class is refused with what to write, and so is one that is named and not there") {
  OneSplit split;
  split.source.sql("DROP SCHEMA IF EXISTS other CASCADE");
  postgres::test::Schema other(split.source.here, "other");
  split.source.sql("CREATE SEQUENCE other.ticket_no; CREATE TEMPORARY SEQUENCE passing");
  const auto refused = all_sequences_have_a_class(split.sides.world, postgres::test::soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(refused.error().text().find("a sequence of schema other in no class, and no table uses it: other.ticket_no") !=
        std::string::npos);
  CHECK(refused.error().text().find("sequences: [other.ticket_no] under moved, kept or shared") != std::string::npos);
  split.sides.world.split_file.shared.sequences = {{"other.tiket_no", {"split.yml", 7, 3}}};
  const auto mistyped = all_sequences_have_a_class(split.sides.world, postgres::test::soon());
  REQUIRE_FALSE(mistyped);
  CHECK(mistyped.error().text().find("split.yml:7:3: the database has no sequence other.tiket_no") !=
        std::string::npos);
  split.sides.world.split_file.shared.sequences = {{"other.ticket_no", {"split.yml", 7, 3}}};
  CHECK(all_sequences_have_a_class(split.sides.world, postgres::test::soon()));
}

TEST_CASE("a sequence of a table in no class is told with that table") {
  OneSplit split;
  postgres::test::Schema other(split.source.here, "other");
  split.source.sql(
      "CREATE TABLE other.new (id serial); CREATE SEQUENCE other.seen; CREATE VIEW other.numbers AS SELECT "
      "nextval('other.seen')");
  const auto seen = sequences_on(split.sides.world, split.sides.world.source, postgres::test::soon());
  REQUIRE(seen);
  CHECK(seen->moved.empty());
  CHECK(seen->unclassified == std::vector<postgres::TableName>{{"other", "seen"}});
}

TEST_CASE("a sequence of a partition has the class of the partition's root") {
  OneSplit split;
  postgres::test::Schema parts(split.source.here, "parts");
  split.source.sql(R"sql(
    CREATE TABLE moved.findings (tenant int NOT NULL) PARTITION BY LIST (tenant);
    CREATE TABLE parts.findings_1 (tenant int NOT NULL, id serial);
    ALTER TABLE moved.findings ADD COLUMN id int;
    ALTER TABLE parts.findings_1 ALTER COLUMN id DROP NOT NULL;
    ALTER TABLE moved.findings ATTACH PARTITION parts.findings_1 FOR VALUES IN (1))sql");
  const auto seen = sequences_on(split.sides.world, split.sides.world.source, postgres::test::soon());
  REQUIRE(seen);
  CHECK(seen->moved == std::vector<postgres::TableName>{{"parts", "findings_1_id_seq"}});
  CHECK(seen->unclassified.empty());
}

TEST_CASE(
    "a moved sequence that the side to take over lacks is refused; one that it has alone, or that both lost, is not") {
  OneSplit split;
  split.source.sql("CREATE SEQUENCE moved.made_here; SELECT nextval('moved.made_here')");
  const auto refused = split.carry("target");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("CREATE SEQUENCE moved.made_here") != std::string::npos);
  CHECK(split.carry("source"));
  split.on_both("DROP SEQUENCE IF EXISTS moved.made_here");
  CHECK(split.carry("target"));
}

TEST_CASE("a sequence that came since the run began and is in no class is carried, if both sides have it") {
  OneSplit split;
  postgres::test::Schema here(split.source.here, "other");
  postgres::test::Schema there(split.target.here, "other");
  split.on_both("CREATE SEQUENCE other.late");
  split.source.sql("CREATE SEQUENCE other.later; SELECT setval('other.late', 41)");
  REQUIRE(split.carry("target"));
  CHECK(OneSplit::next(split.target, "other.late") == 42);
}

}  // namespace pgcleave::world

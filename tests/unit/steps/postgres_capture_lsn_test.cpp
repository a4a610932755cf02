#include "cut_line.h"
#include "fence/ownership.h"
#include "two_sides.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

}  // namespace

TEST_CASE("a position whose answer was lost is captured again, and lies before the end of what is sent") {
  auto source = main_server().connect();
  run(source, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
  REQUIRE(fence::install(source, {"ci", "main", "ci"}, soon()));
  run(source, "SELECT pg_create_logical_replication_slot('captured', 'test_decoding', true)");
  int lost = 0;
  at_each_request(main_server(), [&](CutLine& line) {
    TwoSides sides(line.port(), ci_server().port());
    const Json with{{"on", "source"}};
    const auto warm = sides.observe("postgres.capture_lsn", with);
    const bool was_cut = line.was_cut();
    const auto captured = sides.apply("postgres.capture_lsn", with, std::chrono::seconds(5));
    const bool in_apply = !was_cut && line.was_cut();
    line.fix();
    if (warm && in_apply) ++lost;
    if (warm) CHECK((captured ? "" : captured.error().text()) == "");
    // What follows is sent to nobody.
    run(source, "SELECT pg_switch_wal()");
    const auto seen = sides.observe("postgres.capture_lsn", with);
    REQUIRE(seen);
    const auto sent = run(source, "SELECT max(lsn) AS lsn FROM pg_logical_slot_peek_changes('captured', NULL, NULL)");
    const auto end = parse_lsn(sent.text(0, "lsn"));
    REQUIRE(end);
    if (seen->state == State::done) CHECK(parse_lsn(seen->outputs.value("lsn", std::string())).value() <= *end);
    if (captured) CHECK(parse_lsn(captured->at("lsn").get<std::string>()).value() <= *end);
  });
  CHECK(lost == 2);  // the request, and the answer
  run(source, "SELECT pg_drop_replication_slot('captured')");
}

}  // namespace pgcleave::steps::test

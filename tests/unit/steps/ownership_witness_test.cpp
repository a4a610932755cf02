// What Patroni is told after an undo gave ownership back.
#include "fence/sql/witness.h"
#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

void pass(SplitDatabase& side, Owner from, Owner to, int epoch) {
  REQUIRE(problem(fence::pass_ownership(side.here, "ci", from, to, "r-1", epoch, soon())) == "");
}

}  // namespace

TEST_CASE("a witness that outranks the side that lost ownership stays, and one that does not is told anew") {
  SplitDatabase source(main_server());
  SplitDatabase target(ci_server());
  for (auto* side : {&source, &target}) side->install();
  pass(source, Owner::source, Owner::nobody, 6);
  pass(source, Owner::nobody, Owner::source, 7);
  pass(target, Owner::source, Owner::target, 5);
  pass(target, Owner::target, Owner::nobody, 6);
  TwoSides sides(main_server(), ci_server());
  const fence::Witness told{Owner::source, 5};
  const patroni::StandIn member([&](const patroni::Request& request) {
    const Json one{{"name", "main-1"},    {"role", "leader"},
                   {"state", "running"},  {"api_url", "http://127.0.0.1:1/patroni"},
                   {"host", "127.0.0.1"}, {"port", main_server().port()},
                   {"timeline", 1}};
    if (request.path == "/cluster") return patroni::answer(200, Json{{"members", {one}}}.dump());
    const Json parameters{{fence::witness_setting("ci"), told.text()}};
    if (request.path == "/config")
      return patroni::answer(200, Json{{"postgresql", {{"parameters", parameters}}}}.dump());
    return patroni::answer(200, R"({"patroni": {"version": "3.0.2", "scope": "main"}})");
  });
  auto access = sides.world.source.access();
  access.patroni.members = {member.url()};
  sides.world.source = Side(Owner::source, access);
  const auto stays = [&] {
    const auto seen = sides.observe("ownership.witness", {{"on", "source"}, {"owner", "source"}});
    REQUIRE(problem(seen) == "");
    CHECK(says(seen->evidence, "Patroni of source main says source, epoch 5"));
    return seen->outputs.value("witness", "") == told.text();
  };
  CHECK(stays());
  pass(target, Owner::nobody, Owner::target, 6);
  pass(target, Owner::target, Owner::nobody, 6);
  CHECK_FALSE(stays());
}

}  // namespace pgcleave::steps::test

#include <future>
#include <thread>

#include "postgres/ownership.h"
#include "two_sides.h"

using namespace std::chrono_literals;

namespace pgcleave::steps::test {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

TEST_CASE("ownership is released when whoever was writing has ended, so that what is captured then holds all") {
  auto source = main_server().connect();
  const postgres::test::Schema schema(source, "moved");
  run(source, "DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE moved.builds (id int PRIMARY KEY)");
  const postgres::Fence fence{"ci", "main", "ci"};
  REQUIRE(postgres::install(source, fence, soon()));
  REQUIRE(postgres::create_triggers(source, fence, {{"moved", "builds"}}, 100ms, soon(), nullptr));
  TwoSides sides(main_server(), ci_server());
  postgres::Table builds;
  builds.name = {"moved", "builds"};
  builds.root = builds.name;
  sides.world.split.moved = {builds};
  const Json with{{"on", "source"}, {"policy", "fail"}, {"grace", "1s"}};

  auto writer = main_server().connect();
  run(writer, "BEGIN");
  run(writer, "INSERT INTO moved.builds VALUES (1)");
  auto ending = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(300ms);
    run(writer, "COMMIT");
  });
  const auto released = sides.apply("ownership.release", with, 10s);
  CHECK((released ? "" : released.error().text()) == "");
  CHECK(run(source, "SELECT FROM moved.builds").size() == 1);
  ending.get();
  CHECK(postgres::owner(source, "ci", soon()).value() == postgres::Owner::nobody);

  REQUIRE(postgres::pass_ownership(source, "ci", postgres::Owner::nobody, postgres::Owner::source, "a run", 1, soon()));
  run(writer, "BEGIN");
  run(writer, "INSERT INTO moved.builds VALUES (2)");
  const auto in_vain = sides.apply("ownership.release", with, 300ms);
  REQUIRE_FALSE(in_vain);
  CHECK(in_vain.error().kind == ErrorKind::timed_out);
  run(writer, "ROLLBACK");
}

}  // namespace pgcleave::steps::test

#include "steps/patroni/reclone.h"

#include <future>

#include "two_sides.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;

using namespace std::chrono_literals;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;

TEST_CASE("how far a copy is that is being made is told in percent") {
  TwoSides sides(main_server(), ci_server());
  const Json with;
  Context context{sides.world, "reattach", with, Deadline::in(20s), nullptr};
  std::atomic<bool> copied{false};
  auto copying = std::async(std::launch::async, [&] {
    {
      const Server copy("copy", main_server());
    }
    copied = true;
  });
  int most = 0;
  while (!copied && !context.deadline.passed()) {
    const auto told = copy_under_way(context, sides.world.source);
    REQUIRE(told);
    if (!*told) continue;
    INFO(**told);
    CHECK((*told)->find("source main sends a base backup: ") == 0);
    const auto at = (*told)->find('(');
    if (at != std::string::npos) most = std::max(most, std::stoi((*told)->substr(at + 1)));
  }
  copying.get();
  CHECK(most > 0);
  CHECK(most <= 100);
  CHECK_FALSE(copy_under_way(context, sides.world.source)->has_value());
}

}  // namespace pgcleave::steps::test

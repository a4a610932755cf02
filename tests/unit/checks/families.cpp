#include "checks/families.h"

#include <catch2/catch.hpp>
#include <set>

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

world::World nowhere() {
  config::Environment environment;
  environment.path = "lab.yml";
  environment.source.scope = "main";
  environment.target.scope = "ci";
  for (auto* side : {&environment.source, &environment.target}) side->patroni.members = {"http://127.0.0.1:1"};
  config::Split split;
  split.name = "ci";
  return world::unopened_world(environment, split);
}

Result<Findings> fails(CheckContext&) {
  return fail({ErrorKind::failed, "table x", "could not be read", "", "", "", ""});
}
Result<Findings> finds(CheckContext& context) {
  return Findings{{"finds.it", Severity::note, "left " + std::to_string(context.deadline().left().count() / 1'000'000),
                   "", "", "", ""}};
}

}  // namespace

TEST_CASE("a family that fails is a finding, and the next one has its own time") {
  auto world = nowhere();
  const auto found = inspect(world, {{"fails", fails}, {"finds", finds}}, {}, std::chrono::milliseconds(5500));
  REQUIRE(found.size() == 2);
  CHECK(found[0].id == "fails.not_checked");
  CHECK(found[0].severity == Severity::blocker);
  CHECK(found[0].evidence == "table x: could not be read");
  CHECK(found[1].object == "left 5");
  CHECK(count(found, Severity::blocker) == 1);
  CHECK(count(found, Severity::warning) == 0);
}

TEST_CASE("sides that nobody can reach are found, each by name") {
  auto world = nowhere();
  std::set<std::string> objects;
  for (const auto& finding : inspect(world, families(), {}, std::chrono::seconds(2))) {
    if (finding.id == "fence.side_unseen") objects.insert(finding.object);
    CHECK_FALSE(finding.why.empty());
    CHECK_FALSE(finding.fix.empty());
  }
  CHECK(objects == std::set<std::string>{"source main", "target ci"});
}

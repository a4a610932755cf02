#include <catch2/catch.hpp>

#include "a_story.h"
#include "reports.h"

namespace pgcleave::report {
namespace {

std::vector<ComparedRound> rounds() {
  std::vector<ComparedRound> all;
  for (const double outage : {40.0, 30.0, 90.0}) {
    AStory events;
    events.begin().step("promote", "patroni.promote", 0, outage * 5).window(600).watched("window", outage).finish();
    all.push_back({"round " + std::to_string(all.size() + 1), events.told(), true, true});
  }
  return all;
}

}  // namespace

TEST_CASE("the median is one that was seen, as for the forecast") {
  CHECK(middle_of({4, 1, 3, 2}).median == Approx(2));
  CHECK(middle_of({9, 1, 3}).median == Approx(3));
  CHECK(middle_of({9, 1, 3}).low == Approx(1));
  CHECK(middle_of({}).median == 0);
}

TEST_CASE("rounds are told beside each other with the middle and the worst of each step") {
  const auto document = compare_report(rounds(), "three rounds", {}, whole, {});
  CHECK(document.verdict.mark == Mark::good);
  CHECK(document.verdict.word == "3 of 3 rounds good");
  CHECK(document.data.at("outage_ms").at("median") == 40);
  CHECK(document.data.at("outage_ms").at("high") == 90);
  CHECK(document.data.at("mean_outage_ms").at("median") == 20);
  const auto text = render_markdown(document);
  CHECK(text.find("| `promote` | 200.0 | 150.0 | 450.0 | 3 | prepare |") == std::string::npos);  // it ran in no phase
  CHECK(text.find("| `promote` | 200.0 | 150.0 | 450.0 | 3 |") != std::string::npos);
}

TEST_CASE("a surprise is said with how it was solved, or that nobody said how") {
  auto all = rounds();
  all[1].good = false;
  all[1].surprise = "ci-2 did not come back";
  auto text = render_markdown(compare_report(all, "three rounds", {}, whole, {}));
  CHECK(text.find("2 of 3 rounds good") != std::string::npos);
  CHECK(text.find("not marked solved") != std::string::npos);
  all[1].solved = "wal_keep_size was raised";
  all[1].solved_by = "ann@host";
  text = render_markdown(compare_report(all, "three rounds", {}, whole, {}));
  CHECK(text.find("wal\\_keep\\_size was raised") != std::string::npos);
}

TEST_CASE("rounds whose window was not watched have no outage instead of none") {
  AStory events;
  events.begin().window(600).finish();
  const auto document = compare_report({{"round 1", events.told()}}, "one", {}, whole, {});
  CHECK(document.data.at("outage_ms").at("high") == 0);
  CHECK(render_markdown(document).find("| – |") != std::string::npos);
}

}  // namespace pgcleave::report

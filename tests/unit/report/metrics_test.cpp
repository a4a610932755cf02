#include "report/metrics.h"

#include <catch2/catch.hpp>

#include "a_story.h"

namespace pgcleave::report {
namespace {

// One a second, of the source, from before the run's window until after it.
std::vector<journal::Sample> samples(const RunStory& story, const std::string& name, int before, int after) {
  std::vector<journal::Sample> all;
  const auto pause = story.windows.at(0).paused_at_us;
  for (int second = -before; second <= after; ++second) {
    all.push_back({pause + second * 1'000'000, "", "source", name, second <= 0 ? 100.0 : 150.0});
  }
  return all;
}

RunStory split() {
  AStory events;
  return events.begin().window(300).finish().told();
}

}  // namespace

TEST_CASE("a metric has the unit that its name tells") {
  CHECK(metric("wal_bytes_per_s", 1'572'864) == "1.5 MiB/s");
  CHECK(metric("moved.bytes", 1024) == "1.0 KiB");
  CHECK(metric("cache_hit_ratio", 0.993) == "99 %");
  CHECK(metric("query_mean_ms", 1.25) == "1.25 ms");
  CHECK(metric("longest_transaction_s", 2) == "2.00 s");
  CHECK(metric("commits_per_s", 412.4) == "412/s");
  CHECK(metric("connections", 14) == "14.0");
}

TEST_CASE("equal stretches before and after the pause are compared") {
  const auto story = split();
  const auto section = before_after_section(story, samples(story, "commits_per_s", 30, 20));
  REQUIRE(section.has_value());
  const auto& picture = std::get<Picture>(section->blocks.at(1));
  REQUIRE(picture.table.rows.size() == 1);
  CHECK(picture.table.rows[0][2].text == "100/s");
  CHECK(picture.table.rows[0][3].text == "150/s");
  CHECK(picture.table.rows[0][4].text == "+50 %");
}

TEST_CASE("of a few seconds, or of no samples, nothing is said") {
  const auto story = split();
  CHECK_FALSE(before_after_section(story, {}).has_value());
  CHECK_FALSE(before_after_section(story, samples(story, "commits_per_s", 30, 3)).has_value());
  CHECK_FALSE(lag_picture(story, {}).has_value());
}

TEST_CASE("what was sampled after the rollback is not what the split brought") {
  const auto story = there_and_back().told();  // back after ten seconds
  auto all = samples(story, "commits_per_s", 30, 9);
  all.push_back({story.windows.at(1).paused_at_us + 1, "", "source", "commits_per_s", 9000});
  const auto section = before_after_section(story, all);
  REQUIRE(section.has_value());
  CHECK(std::get<Picture>(section->blocks.at(1)).table.rows[0][3].text == "150/s");
}

TEST_CASE("the lag of each standby and link is drawn over the run") {
  const auto story = there_and_back().told();
  auto all = samples(story, "lag_bytes.ci-1", 0, 8);
  const auto picture = lag_picture(story, all);
  REQUIRE(picture.has_value());
  CHECK(std::get<Lines>(picture->chart).series.size() == 1);
  CHECK(picture->table.rows.at(0).at(0).text == "source to ci-1");
}

}  // namespace pgcleave::report

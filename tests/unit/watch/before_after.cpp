#include "watch/before_after.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::watch;
using journal::Sample;

namespace {

constexpr std::int64_t second = 1'000'000;

// One sample a second in [from, to), of this value.
void add(std::vector<Sample>& samples, int from, int to, double value, const std::string& name = "commits_per_s") {
  for (int at = from; at < to; ++at) samples.push_back({at * second, "", "source", name, value});
}

}  // namespace

TEST_CASE("before and after are compared over stretches of the same length") {
  std::vector<Sample> samples;
  add(samples, 0, 100, 50);
  add(samples, 100, 160, 100);
  add(samples, 160, 165, 5);  // the window
  add(samples, 165, 196, 150);
  const auto compared = before_after(samples, 159 * second, 165 * second, 3600 * second);
  CHECK(compared.stretch_us == 30 * second);
  REQUIRE(compared.rows.size() == 1);
  const auto& row = compared.rows[0];
  CHECK(row.before.count == 31);
  CHECK(row.after.count == 31);
  CHECK(row.before.mean == 100);
  CHECK(row.after.median == 150);
  CHECK(*row.change_percent == 50);
}

TEST_CASE("a stretch is no longer than was asked for") {
  std::vector<Sample> samples;
  add(samples, 0, 1000, 1);
  const auto compared = before_after(samples, 500 * second, 501 * second, 10 * second);
  CHECK(compared.stretch_us == 10 * second);
  CHECK(compared.rows[0].before.count == 11);
}

TEST_CASE("a median is not moved by one odd sample, a mean is") {
  std::vector<Sample> samples;
  add(samples, 0, 4, 10);
  add(samples, 4, 5, 1000);
  add(samples, 6, 12, 10);
  const auto row = before_after(samples, 5 * second, 6 * second, 5 * second).rows[0];
  CHECK(row.before.median == 10);
  CHECK(row.before.mean == 208);
}

TEST_CASE("what is on one side only has no change, and nothing on a side means nothing to compare") {
  std::vector<Sample> samples;
  add(samples, 0, 5, 10);
  add(samples, 6, 11, 20);
  add(samples, 6, 11, 7, "link_lag_bytes.pgcleave_ci_reverse");
  add(samples, 0, 5, 0, "clients.waiting");
  add(samples, 6, 11, 3, "clients.waiting");
  const auto compared = before_after(samples, 5 * second, 6 * second, 100 * second);
  REQUIRE(compared.rows.size() == 3);
  CHECK(compared.rows[0].name == "clients.waiting");
  CHECK_FALSE(compared.rows[0].change_percent);
  CHECK(compared.rows[2].before.count == 0);
  CHECK_FALSE(compared.rows[2].change_percent);
  CHECK(before_after(samples, 20 * second, 30 * second, 5 * second).rows.empty());
  CHECK(before_after({}, 0, 1, 1).stretch_us == 0);
}

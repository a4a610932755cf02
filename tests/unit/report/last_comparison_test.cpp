#include "report/last_comparison.h"

#include <catch2/catch.hpp>

#include "a_change.h"
#include "reports.h"

namespace pgcleave::report {
namespace {

LastComparison a_comparison() {
  LastComparison last;
  last.run = "v-1";
  last.how = "target ci follows source main by replay of the standby";
  last.position = "0/5A3";
  last.began_at_us = 1'795'314'062'000'000;
  last.tables = {{"ci.builds", "", 1'204'000}, {"ci.jobs", "", 332}};
  return last;
}

bool has_next(const LastComparison& last) {
  return comparison_data(last, "pgcleave compare -e lab.yml").contains("next");
}

}  // namespace

TEST_CASE("a comparison is told with its verdict, direction, time and position, and by whom") {
  auto last = a_comparison();
  CHECK(
      in_words(last) ==
      "the same in 2 tables, 1,204,332 rows; target ci follows source main by replay of the standby; begun 2026-11-22 "
      "02:21:02 UTC by pgcleave compare (v-1), at 0/5A3");
  CHECK_FALSE(has_next(last));
  CHECK(age_in_words(last.began_at_us, last.began_at_us + 3'600'000'000) == "1 h ago");

  last.tables[0].differences = 2;
  last.tables[1].columns = 1;
  CHECK(in_words(last).starts_with("2 rows and 1 column differ in 2 of 2 tables, 1,204,332 rows; "));
  CHECK(comparison_data(last, "").at("verdict") == "different");
  CHECK(has_next(last));

  last = a_comparison();
  last.tables[0].not_compared = "not reached in 10m";
  last.tables[1].undecided = 1;
  CHECK(
      in_words(last).starts_with("no difference found, and not proven, in 2 tables, 1,204,332 rows; 2 tables not "
                                 "compared to the end, 1 row undecided; "));
  CHECK(comparison_data(last, "").at("verdict") == "not_proven");
  CHECK(has_next(last));
}

TEST_CASE("a comparison of before the run that passed ownership is told as such, and the command to compare again") {
  auto last = a_comparison();
  last.passed_by = "r-7";
  last.passed_at_us = last.began_at_us + 60'000'000;
  CHECK(in_words(last).ends_with("; since then run r-7 passed ownership, 2026-11-22 02:22:02 UTC"));
  CHECK(has_next(last));
}

TEST_CASE("what was never compared is told with the command that compares") {
  const auto json = comparison_data({}, "pgcleave compare -e lab.yml");
  CHECK(json == Json({{"verdict", "never"},
                      {"text", "never compared, as far as this journal tells"},
                      {"next", "pgcleave compare -e lab.yml"}}));
}

TEST_CASE("the readiness review tells of rows: never compared, then that they differ, then that they are the same") {
  AChange a;
  a.all_done();
  CHECK(says(a.report(), "never compared, as far as this journal tells"));
  CHECK(says(a.report(), "`pgcleave compare -e prod.yml`"));
  const auto compare = [&](const Json& differences) {
    a.write(
        "v-1", "compare.done",
        {{"split_name", "ci"},
         {"environment_name", "prod"},
         {"tables", {{{"table", "ci.builds"}, {"rows", 7}, {"differences", differences}}, {{"table", "ci.jobs"}}}}});
    a.now();
  };
  compare({{{"key", "id 1"}}});
  CHECK(a.report().data.at("comparison").at("differences") == 1);
  CHECK(says(a.report(), "1 row differs in 1 of 2 tables, 7 rows"));
  CHECK(says(a.report(), "| `ci.builds` | ✕ differs | 7 | 1 | 0 |"));
  CHECK(says(a.report(), "1 other table is the same."));
  CHECK(says(a.report(), "process.rows_differ"));
  CHECK(a.report().verdict.word == "Ready");
  compare(Json::array());
  CHECK(a.report().data.at("comparison").at("verdict") == "same");
  CHECK_FALSE(says(a.report(), "process.rows_differ"));
  CHECK_FALSE(says(a.report(), "`pgcleave compare -e prod.yml`"));
}

}  // namespace pgcleave::report

#include <catch2/catch.hpp>

#include "steps/check/forecasting.h"

using namespace pgcleave;
using namespace pgcleave::steps;
using namespace pgcleave::world;
using namespace std::chrono_literals;

namespace {

postgres::OpenTransaction running_for(Duration age, std::optional<postgres::StatementTimes> usual) {
  postgres::OpenTransaction out;
  out.pid = 1;
  out.age = out.statement_age = age;
  out.single_statement = true;
  out.usual = usual;
  return out;
}

}  // namespace

TEST_CASE("a forecast without a rehearsal is unknown, and no figure") {
  Forecast seen;
  CHECK(seen.text().rfind("unknown, since this runbook was never rehearsed; now: ", 0) == 0);
  CHECK(seen.text().find("ms expected") == std::string::npos);
  seen.rehearsed = {3, 40, 50, 60};
  CHECK(seen.text().rfind("50 ms expected: p50 40 ms, p90 50 ms, max 60 ms in 3 rehearsals; now: ", 0) == 0);
}

TEST_CASE("what is in the way is told with what is still to come of it") {
  Forecast seen;
  CHECK(seen.text().find("now: no transaction is open in the pools; ") != std::string::npos);
  seen.transactions = 2;
  seen.oldest_transaction = 9s;
  seen.still_to_come = 3s;
  seen.whose = "pid 7 of report";
  CHECK(
      seen.text().find("now: 2 transactions are open, the oldest for 9s; the last may end in 3s (pid 7 of report); ") !=
      std::string::npos);
  seen.rehearsed = {3, 40, 50, 60};
  CHECK(seen.expected_ms() == 3050);
}

TEST_CASE("a statement that is known ends at its usual time, one that is not lasts as long again") {
  const postgres::StatementTimes usual{100, 2s, 1s, 10s};  // nearly all have ended after 4 s
  CHECK(still_to_come(running_for(1s, {})) == 1s);
  CHECK(still_to_come(running_for(1s, usual)) == 3s);
  CHECK(still_to_come(running_for(5s, usual)) == 5s);    // of those that last longer the longest took 10 s
  CHECK(still_to_come(running_for(30s, usual)) == 30s);  // it has outlived all earlier ones
  CHECK(still_to_come(running_for(1s, postgres::StatementTimes{4, 2s, 1s, 10s})) == 1s);
  CHECK(still_to_come(running_for(1s, postgres::StatementTimes{100, 2s, 9s, 3s})) ==
        2s);  // never longer than the longest

  auto several = running_for(1s, usual);
  several.single_statement = false;
  several.age = 20s;
  CHECK(still_to_come(several) == 20s);
  auto idle = running_for(6s, usual);
  idle.idle = true;
  CHECK(still_to_come(idle) == 6s);
}

#include "steps/forecast.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::steps;

TEST_CASE("a forecast without a rehearsal is unknown, and no figure") {
  Forecast seen;
  CHECK(seen.text().rfind("unknown, since this runbook was never rehearsed; now: ", 0) == 0);
  CHECK(seen.text().find("ms expected") == std::string::npos);
  seen.rehearsed = {3, 40, 50, 60};
  CHECK(seen.text().rfind("50 ms expected: p50 40 ms, p90 50 ms, max 60 ms in 3 rehearsals; now: ", 0) == 0);
}

#include "checks/schema/row_security.h"

#include <catch2/catch.hpp>

#include "lines.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

Lines of_forced_table(int version, bool bypassed) {
  return lines(judge_row_security({"source main", version, "pgcleave", {bypassed, {{"ci", "builds"}}}}));
}

}  // namespace

TEST_CASE("forced row security blocks where it would stop the apply, and is noted where our role passes it") {
  const std::string finding = "schema.row_security_forced table ci.builds on source main";
  CHECK(of_forced_table(170012, false) == Lines{"blocker " + finding});
  CHECK(of_forced_table(160000, true) == Lines{"note " + finding});
  CHECK(of_forced_table(150018, true).empty());
  CHECK(judge_row_security({"source main", 170012, "pgcleave", {false, {}}}).empty());
}

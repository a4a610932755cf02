#include "base/similar.h"

#include <catch2/catch.hpp>

using namespace pgcleave;

TEST_CASE("a slip of the finger finds the word that was meant") {
  const std::vector<std::string> steps{"pgbouncer.pause", "pgbouncer.resume", "ownership.take", "ownership.release"};
  CHECK(closest("pgbouncer.puase", steps) == "pgbouncer.pause");
  CHECK(closest("ownership.tke", steps) == "ownership.take");
  CHECK(closest("ownership.take", steps) == "ownership.take");
}

TEST_CASE("what is close to nothing gets no suggestion") {
  CHECK(closest("completely different", {"id", "uses", "with"}).empty());
  CHECK(closest("x", {}).empty());
  CHECK(closest("abcdefgh", {"zyxwvuts"}).empty());
}

TEST_CASE("of two that are as close the first is taken") {
  CHECK(closest("usez", {"uses", "used"}) == "uses");
}

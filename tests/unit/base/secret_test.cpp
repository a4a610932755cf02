#include "base/secret.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "base/format.h"
#include "base/json.h"

using namespace pgcleave;

namespace {

template <class T>
concept Streams = requires(std::ostringstream& out, const T& value) { out << value; };

}  // namespace

TEST_CASE("a secret can't be printed, formatted, converted or written as JSON") {
  STATIC_REQUIRE_FALSE(Streams<Secret>);
  STATIC_REQUIRE(Streams<std::string>);
  STATIC_REQUIRE_FALSE(fmt::is_formattable<Secret>::value);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, Secret>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Json, Secret>);
}

TEST_CASE("a secret is revealed to who asks by name") {
  CHECK(Secret("s3cret").reveal() == "s3cret");
  CHECK(Secret().empty());
  CHECK_FALSE(Secret("x").empty());
}

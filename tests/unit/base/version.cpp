#include "base/version.h"

#include <catch2/catch.hpp>
#include <regex>
#include <string>

namespace pgcleave {

TEST_CASE("the program says which version it is: three numbers, then how far after the release and at which commit") {
  const std::string said = version();
  INFO(said);
  CHECK(std::regex_match(said, std::regex(R"([0-9]+\.[0-9]+\.[0-9]+([-.+][0-9A-Za-z.]+)*)")));
  CHECK(said.find("@") == std::string::npos);
}

}  // namespace pgcleave

#include "base/fields.h"

#include <catch2/catch.hpp>

using namespace pgcleave;

TEST_CASE("a key that is missing, or of another type, is empty") {
  const Json data{{"text", "a"}, {"number", 1.5},        {"whole", 7},     {"truth", true},
                  {"list", {1}}, {"object", {{"a", 1}}}, {"null", nullptr}};
  CHECK(text_in(data, "text") == "a");
  CHECK(text_in(data, "whole").empty());
  CHECK(text_in(data, "nothing", "?") == "?");
  CHECK(number_in(data, "number") == 1.5);
  CHECK(number_in(data, "text", -1) == -1);
  CHECK(whole_in(data, "whole") == 7);
  CHECK(whole_in(data, "number") == 1);
  CHECK(truth_in(data, "truth"));
  CHECK_FALSE(truth_in(data, "whole"));
  CHECK(list_in(data, "list").size() == 1);
  CHECK(list_in(data, "object").empty());
  CHECK(object_in(data, "object").size() == 1);
  CHECK(object_in(data, "null").is_object());
}

TEST_CASE("what is no object holds no keys") {
  for (const auto& data : {Json(), Json(1), Json("text"), Json::array({1})}) {
    CHECK(text_in(data, "a").empty());
    CHECK(number_in(data, "a", 3) == 3);
    CHECK(whole_in(data, "a") == 0);
    CHECK_FALSE(truth_in(data, "a"));
    CHECK(list_in(data, "a").is_array());
    CHECK(object_in(data, "a").is_object());
  }
}

TEST_CASE("a number that does not fit is not taken") {
  const Json data{{"huge", 1e300}, {"unsigned", UINT64_MAX}, {"long", std::int64_t{1} << 40}, {"nan", std::nan("")}};
  CHECK(whole_in(data, "huge", -1) == -1);
  CHECK(whole_in(data, "unsigned", -1) == -1);
  CHECK(whole_in(data, "nan", -1) == -1);
  CHECK(small_in(data, "long", -1) == -1);
  CHECK(whole_in(data, "long") == std::int64_t{1} << 40);
}

TEST_CASE("JSON with bytes that are no UTF-8 becomes text all the same") {
  CHECK(to_text(Json{{"a", "\xff\xfe"}}) == "{\"a\":\"\ufffd\ufffd\"}");
  CHECK(to_text(Json{{"a", 1}}, 2) == "{\n  \"a\": 1\n}");
}

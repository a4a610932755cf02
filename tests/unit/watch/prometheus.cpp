#include "watch/prometheus.h"

#include <catch2/catch.hpp>

#include "patroni/member.h"

using namespace pgcleave;
using namespace pgcleave::watch;
using patroni::answer;
using patroni::Request;
using patroni::StandIn;

namespace {

Deadline in_three_seconds() {
  return Deadline::in(std::chrono::seconds(3));
}

std::string vector_of(const std::string& results) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + results + "]}}";
}

}  // namespace

TEST_CASE("a query is sent as it stands in the environment, and its one value taken") {
  const StandIn prometheus([](const Request&) {
    return answer(200, vector_of(R"({"metric":{"instance":"a"},"value":[1700000000.1,"37.5"]})"));
  });
  auto source =
      prometheus_numbers({prometheus.url() + "/prom", {{"cpu", "100 * (1 - avg(rate(x{mode=\"idle\"}[1m])))"}}});
  CHECK(source->scope() == "prometheus");
  const auto numbers = source->read(in_three_seconds());
  REQUIRE(numbers);
  REQUIRE(numbers->size() == 1);
  CHECK(numbers->front().name == "cpu");
  CHECK(numbers->front().value == 37.5);
  CHECK(prometheus.requests().front().path ==
        "/prom/api/v1/query?query=100%20%2A%20%281%20-%20avg%28rate%28x%7Bmode%3D%22idle%22%7D%5B1m%5D%29%29%29");
}

TEST_CASE("of several values each is told by its labels, a scalar by itself, and NaN not at all") {
  const auto several = read_answer(
      "cpu",
      vector_of(R"({"metric":{"instance":"a\u001b"},"value":[1,"1"]},{"metric":{"instance":"b"},"value":[1,"NaN"]},)"
                R"({"metric":{"job":"x","instance":"c"},"value":[1,"3"]})"));
  REQUIRE(several);
  REQUIRE(several->size() == 2);
  CHECK((*several)[0].name.find('\x1b') == std::string::npos);
  CHECK((*several)[1].name == "cpu{job=\"x\",instance=\"c\"}");
  const auto scalar = read_answer("up", R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})");
  REQUIRE(scalar);
  CHECK(scalar->front().value == 2);
  std::string many;
  for (int i = 0; i < 500; ++i)
    many += (i == 0 ? "" : ",") + ("{\"metric\":{\"i\":\"" + std::to_string(i) + "\"},\"value\":[1,\"1\"]}");
  CHECK(read_answer("cpu", vector_of(many))->size() == 50);
}

TEST_CASE("a query that fails does not keep the others, and garbage is an error") {
  const StandIn prometheus([](const Request& request) {
    return request.path.ends_with("=bad")
               ? answer(400, R"({"status":"error","errorType":"bad_data","error":"parse error"})")
               : answer(200, vector_of(R"({"metric":{},"value":[1,"5"]})"));
  });
  CHECK(prometheus_numbers({prometheus.url(), {{"a", "bad"}, {"b", "good"}}})->read(in_three_seconds())->size() == 1);
  const auto none = prometheus_numbers({prometheus.url(), {{"a", "bad"}}})->read(in_three_seconds());
  REQUIRE_FALSE(none);
  CHECK(none.error().object == "prometheus query a");
  CHECK(none.error().seen == "parse error");
  for (const auto* garbage : {"", "[]", "<html>", "{\"data\":7}", R"({"data":{"resultType":"matrix","result":[]}})",
                              R"({"data":{"resultType":"vector","result":{}}})"}) {
    INFO(garbage);
    CHECK_FALSE(read_answer("a", garbage));
  }
  CHECK(read_answer("a", R"({"data":{"resultType":"vector","result":[7,{"value":"x"},{"value":[1,2]}]}})")->empty());
}

#include <thread>

#include "two_sides.h"

using namespace std::chrono_literals;

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using patroni::answer;
using patroni::StandIn;

// Calls `url` and is asked to stop after 100 ms.
Result<Json> call_and_stop(const std::string& url, Duration& took) {
  TwoSides sides(patroni::free_port(), patroni::free_port());
  StopFlag stop;
  const Json with{{"url", url}, {"method", "POST"}, {"expect", Json::array({200})}};
  Context context{sides.world, "http.request", with, Deadline::in(30s), &stop};
  std::thread operators([&] {
    std::this_thread::sleep_for(100ms);
    stop.request();
  });
  const auto began = Monotonic::now();
  auto done = find("http.request")->apply(context, Json::object());
  took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  operators.join();
  return done;
}

}  // namespace

TEST_CASE("a request that nobody answers is left at once when the run is asked to stop") {
  const StandIn silent([](const auto&) { return StandIn::silence; });
  Duration took{};
  const auto done = call_and_stop(silent.url() + "/block", took);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::interrupted);
  CHECK(done.error().what == "POST was sent, and the run was asked to stop before the answer came");
  CHECK(took < 1s);
}

TEST_CASE("a request that is answered before the stop has its answer") {
  const StandIn quick([](const auto&) { return answer(200, "{}"); });
  Duration took{};
  CHECK(call_and_stop(quick.url() + "/block", took));
}

}  // namespace pgcleave::steps::test

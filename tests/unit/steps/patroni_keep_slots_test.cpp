#include <mutex>

#include "base/fields.h"
#include "two_sides.h"

using namespace std::chrono_literals;

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;

// A target whose Patroni keeps what it is sent.
class Configured {
 public:
  explicit Configured(Json config)
      : config_(std::move(config)), patroni_([this](const auto& request) { return told(request); }) {
    auto access = sides.world.target.access();
    access.patroni.members = {patroni_.url()};
    sides.world.target = Side(fence::Owner::target, access);
  }
  void edit(const Json& rules) {
    const std::lock_guard lock(mutex_);
    config_["ignore_slots"] = rules;
  }
  Json rules() {
    const std::lock_guard lock(mutex_);
    return config_.value("ignore_slots", Json());
  }

  TwoSides sides{main_server(), ci_server()};

 private:
  std::string told(const patroni::Request& request) {
    using patroni::answer;
    const Json one{{"name", "ci-1"},      {"role", "leader"},
                   {"state", "running"},  {"api_url", patroni_.url() + "/patroni"},
                   {"host", "127.0.0.1"}, {"port", ci_server().port()},
                   {"timeline", 1}};
    const std::lock_guard lock(mutex_);
    if (request.method == "PATCH") config_.merge_patch(Json::parse(request.body));
    if (request.method == "PATCH" || request.path == "/config") return answer(200, config_.dump());
    if (request.path == "/cluster") return answer(200, Json{{"members", {one}}}.dump());
    return answer(200, R"({"state": "running", "role": "master", "patroni": {"version": "3.0.2", "scope": "ci"}})");
  }

  std::mutex mutex_;
  Json config_;
  patroni::StandIn patroni_;
};

const Json kept_on_target{{"cluster", "target"}};
constexpr const char* keeps = "patroni.keep_slots";
const Json backup{{"name", "backup"}, {"type", "physical"}};
const Json audit{{"name", "audit"}, {"type", "logical"}};

}  // namespace

TEST_CASE("undo of slots that Patroni keeps takes away its own entries only, whatever was added meanwhile") {
  for (const auto& earlier : {Json(), Json::array(), Json::array({backup})}) {
    Configured it(earlier.is_null() ? Json::object() : Json{{"ignore_slots", earlier}});
    const auto seen = it.sides.observe(keeps, kept_on_target);
    REQUIRE(seen);
    REQUIRE(it.sides.apply(keeps, kept_on_target, 5s, seen->before));
    auto rules = it.rules();
    REQUIRE(rules.size() == earlier.size() + 1);
    INFO(rules.dump());
    rules.push_back(audit);
    it.edit(rules);
    // Once more, as after a crash: the edit survives that too.
    REQUIRE(it.sides.apply(keeps, kept_on_target, 5s, seen->before));
    CHECK(it.rules() == rules);
    for (int times = 1; times <= 2; ++times) {
      REQUIRE(it.sides.undo(keeps, kept_on_target, seen->before));
      auto left = earlier.is_array() ? earlier : Json::array();
      left.push_back(audit);
      CHECK(it.rules() == left);
    }
  }
}

TEST_CASE("undo of slots that Patroni keeps leaves no list where there was none, and an entry that was there before") {
  Configured it(Json::object());
  const auto seen = it.sides.observe(keeps, kept_on_target);
  REQUIRE(seen);
  REQUIRE(it.sides.apply(keeps, kept_on_target, 5s, seen->before));
  const auto rules = it.rules();
  REQUIRE(it.sides.undo(keeps, kept_on_target, seen->before));
  CHECK(it.rules().is_null());

  it.edit(rules);
  const auto found = it.sides.observe(keeps, kept_on_target);
  REQUIRE(found);
  CHECK(found->state == State::done);
  REQUIRE(it.sides.undo(keeps, kept_on_target, found->before));
  CHECK(it.rules() == rules);
}

}  // namespace pgcleave::steps::test

#include <atomic>
#include <thread>

#include "postgres/wal.h"
#include "two_sides.h"

using namespace std::chrono_literals;

namespace pgcleave::steps::test {
namespace {

using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;

// Patroni stores the configuration at once, and its loop promotes a moment later.
class Promotion {
 public:
  explicit Promotion(const Server& standby) : connection_(standby.connect()) {}
  ~Promotion() {
    if (thread_.joinable()) thread_.join();
  }
  Promotion(const Promotion&) = delete;
  Promotion& operator=(const Promotion&) = delete;

  void begin() {
    if (begun_.exchange(true)) return;
    thread_ = std::thread([this] {
      std::this_thread::sleep_for(300ms);
      static_cast<void>(connection_.query("SELECT pg_promote(false)", {}, Deadline::in(5s)));
    });
  }

 private:
  postgres::Connection connection_;
  std::atomic<bool> begun_{false};
  std::thread thread_;
};

const Json target{{"cluster", "target"}};

bool is_writable(const Server& server) {
  auto connection = server.connect();
  const auto recovery = postgres::recovery(connection, Deadline::in(5s));
  return recovery && !recovery->in_recovery;
}

}  // namespace

TEST_CASE("a PATCH that was answered is no promotion yet: the step ends when the leader is writable") {
  const Server standby("ci", main_server());
  Promotion promotion(standby);
  TwoSides sides(main_server(), standby, [&] {
    promotion.begin();
    return patroni::answer(200, "{}");
  });
  const auto seen = sides.observe("patroni.promote", target);
  REQUIRE(seen);
  REQUIRE(seen->state == State::pending);
  const auto promoted = sides.apply("patroni.promote", target, 10s, seen->before);
  CHECK((promoted ? "" : promoted.error().text()) == "");
  CHECK(is_writable(standby));
}

TEST_CASE("a PATCH whose answer was lost may have been carried out: the server tells") {
  const Server standby("ci", main_server());
  Promotion promotion(standby);
  TwoSides sides(main_server(), standby, [&] {
    promotion.begin();
    return std::string();
  });
  const auto promoted = sides.apply("patroni.promote", target, 10s);
  REQUIRE((promoted ? "" : promoted.error().text()) == "");
  CHECK(is_writable(standby));
  CHECK(promoted->at("unanswered") == 0);
}

TEST_CASE("of a PATCH that was sent again the first may still come when the cluster is promoted, and the step says so") {
  const Server standby("ci", main_server());
  Promotion promotion(standby);
  std::atomic<int> sent{0};
  TwoSides sides(main_server(), standby, [&] {
    if (++sent == 1) return std::string();
    promotion.begin();
    return patroni::answer(200, "{}");
  });
  const auto promoted = sides.apply("patroni.promote", target, 10s);
  REQUIRE((promoted ? "" : promoted.error().text()) == "");
  CHECK(sent == 2);
  CHECK(promoted->at("unanswered") == 1);
}

}  // namespace pgcleave::steps::test

#include <atomic>
#include <thread>

#include "postgres/wal.h"
#include "two_sides.h"

using namespace std::chrono_literals;

namespace pgcleave::steps::test {
using namespace pgcleave::world;
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

TEST_CASE(
    "of a PATCH that was sent again the first may still come when the cluster is promoted, and the step says so") {
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

TEST_CASE(
    "a source that failed over in the window is seen although its session is lost and Patroni's first answer is an "
    "error") {
  const Server standby("ci", main_server());
  std::atomic<int> patches{0};
  TwoSides sides(main_server(), standby, [&] {
    ++patches;
    return patroni::answer(200, "{}");
  });
  std::atomic<int> errors{0};
  std::atomic<bool> failed_over{false};
  const patroni::StandIn member([&](const patroni::Request& request) {
    if (errors > 0 && errors-- > 0) return patroni::answer(503, "");
    if (request.path != "/cluster")
      return patroni::answer(200, R"({"patroni": {"version": "3.0.2", "scope": "main"}})");
    const Json one{{"name", failed_over ? "main-2" : "main-1"},
                   {"role", "leader"},
                   {"state", "running"},
                   {"api_url", "http://127.0.0.1:1/patroni"},
                   {"host", "127.0.0.1"},
                   {"port", main_server().port()},
                   {"timeline", 1}};
    return patroni::answer(200, Json{{"members", {one}}}.dump());
  });
  auto access = sides.world.source.access();
  access.patroni.members = {member.url()};
  auto& source = sides.world.source = Side(fence::Owner::source, access);
  REQUIRE(source.note_leadership(Deadline::in(5s)));
  const auto leader = source.leader(Deadline::in(5s));
  REQUIRE(leader);
  const auto pid = (*leader)->query("SELECT pg_backend_pid() AS pid", {}, Deadline::in(5s));
  REQUIRE(pid);
  auto other = main_server().connect();
  postgres::test::run(other, "SELECT pg_terminate_backend(" + pid->text(0, "pid") + ", 5000)");
  failed_over = true;
  errors = 1;
  const auto promoted = sides.apply("patroni.promote", target, 3s);
  REQUIRE_FALSE(promoted);
  CHECK(promoted.error().what == "failed over in the window, so target ci is not promoted");
  CHECK(patches == 0);
}

}  // namespace pgcleave::steps::test

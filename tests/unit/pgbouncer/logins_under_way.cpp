// A server login that PAUSE closes counts as failed, and PgBouncer 1.18 then refuses clients who come before the next one has succeeded.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
using namespace std::chrono_literals;

namespace {

// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)), port_(free_port()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
  }
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int socket_;
  int port_;
};

Duration time_to_hold_back(Fleet& fleet) {
  const auto began = Monotonic::now();
  REQUIRE(fleet.hold_back_logins(soon()).has_value());
  return std::chrono::duration_cast<Duration>(Monotonic::now() - began);
}

}  // namespace

TEST_CASE("a server login that is under way is waited for before PAUSE, but not for long") {
  const Folder folder;
  const SilentServer silent;
  const RunningBouncer bouncer(folder, "one", silent.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());
  CHECK(time_to_hold_back(fleet) < 90ms);
  auto client = std::async(std::launch::async, [&] { return postgres::Connection::open(bouncer.client(), Deadline::in(2s)).has_value(); });
  auto console = bouncer.console();
  REQUIRE(wait_until("a login is under way", soon(), 5ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const int logins, console.logins("app", soon()));
    return logins == 1;
  }));
  const auto took = time_to_hold_back(fleet);
  CHECK(took >= 100ms);
  CHECK(took < 1s);
  CHECK_FALSE(client.get());
}

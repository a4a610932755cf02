#include "watch/outage.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::watch;
using namespace std::chrono_literals;

namespace {

const auto start = Monotonic::now();

// Writes that are answered every 5 ms in [from, to) milliseconds after the start, stored by `by`; each tried since a
// millisecond before its answer, or since 5 ms after the answer before, if that is earlier.
void write(ClientSeen& client, int from_ms, int to_ms, int by, int every_ms = 5) {
  for (int ms = from_ms; ms < to_ms; ms += every_ms) {
    const auto at = start + std::chrono::milliseconds(ms);
    const auto tried = client.writes.empty() ? at - 1ms : std::min(at - 1ms, client.writes.back().at + 5ms);
    client.writes.push_back({tried, at, by});
  }
}

ClientSeen client(const std::string& name) {
  ClientSeen client;
  client.bouncer = name;
  client.clusters = {"main", "ci"};
  return client;
}

Stretch stretch(bool served_at_first = true) {
  return {start, start + 1000ms, 1'700'000'000'000'000, served_at_first};
}

}  // namespace

TEST_CASE("the outage is the longest time between two writes of the client that had it worst") {
  auto one = client("bouncer-1"), two = client("bouncer-2");
  write(one, 30, 401, 0);
  write(one, 460, 1000, 1);
  write(two, 32, 401, 0);
  write(two, 477, 1000, 1);
  const auto told = outage_in_json({one, two}, stretch());
  CHECK(told["outage_ms"] == 80.0);       // 397 to 477
  CHECK(told["mean_outage_ms"] == 70.0);  // the other one 400 to 460
  CHECK(told["through"] == "bouncer-2");
  CHECK(told["outage_began_at_us"] == 1'700'000'000'397'000);
  CHECK(told["at_least"] == false);
  CHECK(told["wrong_side"] == 0);
  CHECK(told["bouncers"][0]["outage_ms"] == 60.0);
  CHECK(told["bouncers"][0]["first_on"] == "main");
  CHECK(told["bouncers"][0]["last_on"] == "ci");
  CHECK(told["bouncers"][1]["writes"] == two.writes.size());
}

TEST_CASE(
    "an outage lasts until the last of a bouncer's clients is served, since the last answer that any of them had") {
  auto one = client("bouncer-1"), other = client("bouncer-1");
  write(one, 0, 401, 0, 20);  // the last at 400
  write(one, 460, 1000, 1, 20);
  write(other, 10, 401, 0, 20);  // the last at 390
  write(other, 483, 1000, 1, 20);
  const auto told = outage_in_json({one, other}, stretch());
  CHECK(told["outage_ms"] == 93.0);       // the other one tried since 395, when 390 was the last answer
  CHECK(told["mean_outage_ms"] == 76.5);  // of two clients of one bouncer, each by itself: the first 400 to 460
  REQUIRE(told["bouncers"].size() == 1);
  CHECK(told["bouncers"][0]["writes"] == one.writes.size() + other.writes.size());
  CHECK(told["bouncers"][0]["first_on"] == "main");
  CHECK(told["bouncers"][0]["last_on"] == "ci");
}

TEST_CASE("a client that was never served again, or was not yet served, had at least that outage") {
  auto never_again = client("bouncer-1");
  write(never_again, 30, 401, 0);
  never_again.waits_since = start + 405ms;
  auto told = outage_in_json({never_again}, stretch());
  CHECK(told["outage_ms"] == 600.0);
  CHECK(told["at_least"] == true);
  auto not_yet = client("bouncer-1");
  write(not_yet, 700, 1000, 1);
  told = outage_in_json({not_yet}, stretch(false));
  CHECK(told["outage_ms"] == 700.0);
  CHECK(told["at_least"] == true);
  // Who logged in while all was well was not kept waiting.
  told = outage_in_json({not_yet}, stretch(true));
  CHECK(told["outage_ms"] == 5.0);
}

TEST_CASE("writes that the old side acknowledged after the new one had begun are counted, through whichever bouncer") {
  auto one = client("bouncer-1"), two = client("bouncer-2");
  write(one, 0, 401, 0);
  write(one, 450, 1000, 1);
  write(two, 0, 401, 0);
  write(two, 451, 471, 0);
  auto told = outage_in_json({one, two}, stretch());
  CHECK(told["wrong_side"] == 4);
  // A window that was undone has only one side.
  write(one, 0, 1000, 0);
  one.writes.resize(81);
  told = outage_in_json({one}, stretch());
  CHECK(told["wrong_side"] == 0);
}

TEST_CASE("the curve holds every write once, in few steps however long it took") {
  auto one = client("bouncer-1");
  write(one, 0, 401, 0);
  write(one, 460, 1000, 1);
  const auto total = [](const Json& told) {
    int sum = 0;
    for (const auto& count : told["curve"]["writes"]) sum += count.get<int>();
    return static_cast<std::size_t>(sum);
  };
  auto told = outage_in_json({one}, stretch());
  CHECK(told["curve"]["step_ms"] == 10);
  CHECK(told["curve"]["writes"].size() == 101);
  CHECK(told["curve"]["writes"][42] == 0);
  CHECK(told["curve"]["from_us"] == 1'700'000'000'000'000);
  CHECK(total(told) == one.writes.size());
  auto an_hour = stretch();
  an_hour.to = start + 1h;
  write(one, 3'599'900, 3'600'000, 1);
  told = outage_in_json({one}, an_hour);
  CHECK(told["curve"]["writes"].size() <= 400);
  CHECK(total(told) == one.writes.size());
}

#include "watch/sampler.h"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/format.h"
#include "patroni/member.h"
#include "pgbouncer/servers.h"
#include "watch/bouncer_numbers.h"
#include "watch/postgres_numbers.h"

using namespace pgcleave;
using namespace pgcleave::watch;
using namespace std::chrono_literals;
using patroni::Request;
using patroni::StandIn;
using pgbouncer::soon;

namespace {

// A PostgreSQL that a Patroni says is the leader of "main", and a pool in front of it.
struct PlaceWithPatroni {
  config::SideAccess access() const {
    config::SideAccess access;
    access.scope = "main";
    access.patroni.members = {member.url()};
    access.postgres.values = {{"user", "postgres"}, {"dbname", "postgres"}};
    return access;
  }
  pgbouncer::Folder folder;
  pgbouncer::Postgres server{folder, "main"};
  pgbouncer::RunningBouncer bouncer{folder, "one", server.port()};
  StandIn member{[port = server.port()](const Request& request) {
    if (request.path == "/cluster")
      return patroni::answer(200, fmt::format(
                                      R"({{"members": [{{"name": "main-1", "role": "leader", "state": "running",
                                "api_url": "http://127.0.0.1:1/patroni", "host": "127.0.0.1", "port": {},
                                "timeline": 1}}]}})",
                                      port));
    return patroni::answer(
        200, R"({"state": "running", "role": "master", "patroni": {"version": "3.0.2", "scope": "main"}})");
  }};
};

std::optional<double> value(const Numbers& numbers, const std::string& name) {
  for (const auto& number : numbers) {
    if (number.name == name) return number.value;
  }
  return {};
}

Numbers read(Source& source) {
  const auto numbers = source.read(soon());
  if (!numbers) FAIL(numbers.error().text());
  return *numbers;
}

// Says a number, fails, or is silent until its deadline.
class StandInSource : public Source {
 public:
  StandInSource(std::string scope, std::function<Result<Numbers>(Deadline)> says)
      : Source(std::move(scope)), says_(std::move(says)) {}
  Result<Numbers> read(Deadline deadline) override { return says_(deadline); }

 private:
  std::function<Result<Numbers>(Deadline)> says_;
};

std::string samples_file() {
  static int number = 0;
  return (std::filesystem::temp_directory_path() / fmt::format("pgcleave-samples-{}-{}", ::getpid(), ++number))
      .string();
}

}  // namespace

TEST_CASE("a leader's numbers are counts and rates of what happened since the last look") {
  PlaceWithPatroni place;
  auto client = place.bouncer.connect();
  REQUIRE(client.simple("CREATE TABLE public.builds (id int); CREATE TABLE public.kept (id int)", soon()));
  auto source = postgres_numbers(fence::Owner::source, place.access(), "ci", {{"public", "builds"}});
  CHECK(source->scope() == "source");
  const auto first = read(*source);
  CHECK(value(first, "connections") >= 1);
  CHECK_FALSE(value(first, "commits_per_s"));
  CHECK(value(first, "database_bytes") > 1e6);
  CHECK(value(first, "moved.bytes") >= 0);
  CHECK(value(first, "autovacuum.saturation") <= 1);
  REQUIRE(client.simple(
      "INSERT INTO public.builds SELECT generate_series(1, 1000); DELETE FROM public.builds WHERE id <= 300; "
      "INSERT INTO public.kept SELECT generate_series(1, 50); DELETE FROM public.kept",
      soon()));
  for (int i = 0; i < 20; ++i) REQUIRE(client.simple("SELECT 1", soon()));
  // A session hands in its counters when it has been idle for a while (PostgreSQL 15: 1 s, 10 s at most).
  Numbers now;
  double inserted = 0;
  const auto until = soon();
  while (!until.passed() && value(now, "moved.dead_rows").value_or(0) < 300) {
    std::this_thread::sleep_for(300ms);
    REQUIRE(client.simple("SELECT 1", soon()));
    now = read(*source);
    inserted = std::max(inserted, value(now, "rows_inserted_per_s").value_or(0));
    CHECK(value(now, "commits_per_s"));
  }
  CHECK(value(now, "moved.dead_rows") == 300);
  CHECK(inserted > 500);
  CHECK(value(now, "wal_bytes_per_s") >= 0);
  CHECK(value(now, "cache_hit_ratio").value_or(1) <= 1);
  CHECK_FALSE(value(now, "database_bytes"));  // once a minute
}

TEST_CASE("a pool's numbers tell who waits in it and what goes through") {
  PlaceWithPatroni place;
  auto spec = place.bouncer.spec();
  auto source = bouncer_numbers(spec.console, "app");
  CHECK(source->scope() == "pool app at one");
  auto client = place.bouncer.connect();
  REQUIRE(client.simple("SELECT 1", soon()));
  const auto first = read(*source);
  CHECK(value(first, "clients.active") == 1);
  CHECK(value(first, "clients.waiting") == 0);
  for (int i = 0; i < 10; ++i) REQUIRE(client.simple("SELECT pg_sleep(0.01)", soon()));
  std::this_thread::sleep_for(50ms);
  auto now = read(*source);
  CHECK(value(now, "transactions_per_s") > 20);
  CHECK(value(now, "query_mean_ms") >= 9);
  auto console = place.bouncer.console();
  REQUIRE(console.send("PAUSE app"));
  REQUIRE(console.receive(soon()));
  REQUIRE(client.send("SELECT 1"));
  std::this_thread::sleep_for(100ms);
  now = read(*source);
  CHECK(value(now, "clients.waiting") == 1);
  CHECK(value(now, "clients.longest_wait_ms") > 50);
  REQUIRE(console.resume("app", soon()));
  place.bouncer.restart();
  CHECK_FALSE(source->read(soon()));
  CHECK(value(read(*source), "clients.active") == 0);  // asked anew
}

TEST_CASE("a round asks all sources at once, and one that is silent or fails keeps nobody from being told") {
  Sources sources;
  sources.push_back(std::make_unique<StandInSource>("source", [](Deadline) { return Numbers{{"x", 1}}; }));
  for (const auto* scope : {"target", "pool app at bouncer-1"}) {
    sources.push_back(std::make_unique<StandInSource>(scope, [](Deadline deadline) -> Result<Numbers> {
      sleep_until(deadline, 1h, nullptr);
      return fail({ErrorKind::timed_out, "it", "did not answer", "", "", "", ""});
    }));
  }
  Sampler sampler(std::move(sources), "r-1");
  const auto asked = Monotonic::now();
  const auto round = sampler.round(Deadline::in(200ms));
  CHECK(Monotonic::now() - asked < 350ms);
  REQUIRE(round.samples.size() == 1);
  CHECK(round.samples[0].run == "r-1");
  CHECK(round.samples[0].at_us == round.at_us);
  REQUIRE(round.unseen.size() == 2);
  CHECK(round.unseen[0].first == "target");
}

TEST_CASE("a round takes as long as its slowest source, not as all of them") {
  Sources sources;
  for (int i = 0; i < 4; ++i) {
    sources.push_back(std::make_unique<StandInSource>("source", [](Deadline) {
      std::this_thread::sleep_for(150ms);
      return Numbers{{"x", 1}};
    }));
  }
  Sampler sampler(std::move(sources), "");
  const auto asked = Monotonic::now();
  CHECK(sampler.round(Deadline::in(2s)).samples.size() == 4);
  CHECK(Monotonic::now() - asked < 450ms);
}

TEST_CASE("a counter that shrank was begun anew, and has no rate until the next look") {
  Growth growth;
  growth.tick();
  CHECK_FALSE(growth.added("x", 100));
  CHECK(growth.added("x", 130) == 30);
  CHECK_FALSE(growth.added("x", 10));
  CHECK(growth.added("x", 15) == 5);
  growth.forget();
  CHECK_FALSE(growth.per_second("x", 20));
}

TEST_CASE("a sampling thread keeps samples until it is ended, and is ended soon also when a server is silent") {
  const auto path = samples_file();
  {
    Sources sources;
    sources.push_back(std::make_unique<StandInSource>("source", [](Deadline) { return Numbers{{"x", 1}}; }));
    sources.push_back(std::make_unique<StandInSource>("target", [](Deadline deadline) -> Result<Numbers> {
      sleep_until(deadline, 1h, nullptr);
      return fail({ErrorKind::timed_out, "it", "did not answer", "", "", "", ""});
    }));
    auto samples = journal::Samples::open(path, soon());
    REQUIRE(samples);
    auto ended = Monotonic::now();
    {
      const SamplingThread thread(Sampler(std::move(sources), "r-1"), std::move(*samples), 100ms, nullptr);
      std::this_thread::sleep_for(600ms);
      ended = Monotonic::now();
    }
    CHECK(Monotonic::now() - ended < 500ms);
    const auto reader = journal::Samples::open_to_read(path, soon());
    REQUIRE(reader);
    CHECK(reader->between(0, utc_now_us())->size() >= 3);
  }
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}

TEST_CASE("a sampling thread that can't keep samples says so once and asks nobody any more") {
  const auto path = samples_file();
  auto samples = journal::Samples::open(path, soon());
  REQUIRE(samples);
  // Somebody drops what it writes to.
  REQUIRE(std::system(("sqlite3 " + path + " 'DROP VIEW sample; DROP TABLE value'").c_str()) == 0);
  std::atomic<int> asked{0};
  std::atomic<int> said{0};
  {
    Sources sources;
    sources.push_back(std::make_unique<StandInSource>("source", [&](Deadline) {
      ++asked;
      return Numbers{{"x", 1}};
    }));
    const SamplingThread thread(Sampler(std::move(sources), ""), std::move(*samples), 20ms,
                                [&](const Error&) { ++said; });
    std::this_thread::sleep_for(300ms);
  }
  CHECK(said == 1);
  CHECK(asked == 1);
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}

// Real replication, with clients that write all the time.
#include <atomic>
#include <thread>

#include "postgres/replication.h"
#include "two_copies.h"

namespace pgcleave::compare::test {
namespace {

// Inserts, updates, deletes and moves rows until it is destroyed.
class Writers {
 public:
  explicit Writers(int threads) {
    for (int n = 0; n < threads; ++n) {
      threads_.emplace_back([this, n] {
        auto session = main_server().connect();
        for (int i = 0; !stop_; ++i) {
          const auto id = i * 10 + n;
          const auto sql = fmt::format(
              "INSERT INTO cmp.t VALUES (1000000 + {0}, 'new'); UPDATE cmp.t SET note = note || {1} WHERE id IN "
              "(SELECT 1 + (random() * 3000)::int FROM generate_series(1, 3)) AND id % 10 <> 7; "
              "DELETE FROM cmp.t WHERE id = 1000000 + {0} - 300; UPDATE cmp.t SET id = -id WHERE id = 1000000 + {0} - "
              "50; UPDATE cmp.hot SET n = n + 1 WHERE id = 1",
              id, postgres::quote_literal(std::to_string(i % 10)));
          if (session.simple(sql, soon())) ++written;
        }
      });
    }
  }
  ~Writers() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  std::atomic<int> written = 0;

 private:
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

constexpr const char* tables_sql =
    "CREATE TABLE cmp.t (id int PRIMARY KEY, note text); CREATE TABLE cmp.hot (id int PRIMARY KEY, n int)";
constexpr const char* rows_sql =
    "INSERT INTO cmp.t SELECT g, 'row ' || g FROM generate_series(1, 3000) g; INSERT INTO cmp.hot VALUES (1, 0)";

struct Linked : TwoCopies {
  Linked() {
    both(tables_sql);
    both(rows_sql);
    REQUIRE(postgres::create_publication(original, "cmp_pub", {{{"cmp", "hot"}, {"cmp", "t"}}, true}, soon()));
    REQUIRE(postgres::create_logical_slot(original, "cmp_slot", soon()));
    postgres::SubscriptionSpec spec;
    spec.name = "cmp_sub";
    spec.publication = "cmp_pub";
    spec.slot = "cmp_slot";
    spec.connection = fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", main_server().port());
    REQUIRE(postgres::create_subscription(copy, spec, soon()));
    REQUIRE(postgres::enable_subscription(copy, "cmp_sub", soon()));
    request.following = by_subscription("cmp_sub");
    request.jobs = 2;
    request.first_rows = 500;
  }
  ~Linked() {
    (void)postgres::drop_subscription(copy, "cmp_sub", soon());
    (void)postgres::drop_slot(original, "cmp_slot", soon());
    (void)postgres::drop_publication(original, "cmp_pub", soon());
  }
  Linked(const Linked&) = delete;
  Linked& operator=(const Linked&) = delete;
};

}  // namespace

TEST_CASE("no difference is made up while clients write and logical replication carries it") {
  Linked sides;
  Writers writers(2);
  std::int64_t again = 0;
  for (int round = 0; round < 10; ++round) {
    const auto outcome = sides.compare({"t", "hot"});
    for (const auto& table : outcome.tables) {
      CHECK(in_words(table).empty());
      again += table.read_again;
    }
    CHECK(outcome.tables.at(0).rows > 2900);
    CHECK(outcome.position > Lsn{});
  }
  CHECK(writers.written > 100);
  CHECK(again > 0);
}

TEST_CASE("rows that were bent on the copy are found while clients write, and no others") {
  Linked sides;
  Writers writers(2);
  run(sides.copy,
      "SET session_replication_role TO replica; UPDATE cmp.t SET note = 'bent' WHERE id = 1007; DELETE FROM cmp.t "
      "WHERE "
      "id = 17; INSERT INTO cmp.t VALUES (5000007, 'stray')");
  for (int round = 0; round < 5; ++round)
    CHECK(in_words(sides.compare({"t"}).tables.at(0)) == "changed id 1007 (note), missing id 17, extra id 5000007");
}

TEST_CASE("a transaction that was skipped on the subscription is found") {
  Linked sides;
  run(sides.copy, "SET session_replication_role TO replica; INSERT INTO cmp.t VALUES (9001, 'in the way')");
  run(sides.original, "INSERT INTO cmp.t VALUES (9001, 'first'), (9002, 'second')");
  const auto failing = [&] {
    return run(sides.copy, "SELECT apply_error_count AS n FROM pg_stat_subscription_stats WHERE subname = 'cmp_sub'")
        .number(0, "n");
  };
  REQUIRE(wait_until("apply fails", soon(), 20ms, nullptr, [&]() -> Result<bool> { return failing() > 0; }));
  sides.request.patience.with_copy = 500ms;
  sides.request.tables = {{"cmp", "t"}};
  const auto stuck = compare_tables(sides.request);
  REQUIRE_FALSE(stuck);
  CHECK(stuck.error().object == "subscription cmp_sub");
  // As people do: the position is in the server's log.
  const auto log = ci_server().log();
  const auto at = log.rfind("finished at ");
  REQUIRE(at != std::string::npos);
  const auto lsn = log.substr(at + 12, log.find_first_of(" \n", at + 12) - at - 12);
  run(sides.copy, "ALTER SUBSCRIPTION cmp_sub SKIP (lsn = '" + lsn + "')");
  sides.request.patience.with_copy = 15s;
  CHECK(in_words(sides.compare_one("t")) == "changed id 9001 (note), missing id 9002");
}

TEST_CASE("a standby that is behind is waited for") {
  TwoCopies sides;
  run(sides.original, tables_sql);
  run(sides.original, rows_sql);
  postgres::test::Server standby("main", main_server());
  sides.request.copy = [&](Deadline deadline) { return postgres::Connection::open(standby.settings(), deadline); };
  sides.request.following = by_replay();
  sides.request.jobs = 2;
  sides.request.first_rows = 500;
  auto there = standby.connect();
  {
    Writers writers(1);
    for (int round = 0; round < 5; ++round) {
      for (const auto& table : sides.compare({"t", "hot"}).tables) CHECK(in_words(table).empty());
    }
  }
  run(there, "SELECT pg_wal_replay_pause()");
  run(sides.original, "UPDATE cmp.t SET note = 'later' WHERE id = 7");
  // It goes on when the comparison asks how far it is.
  sides.request.following.reached = [&](postgres::Connection& asked, Deadline deadline) {
    auto reached = by_replay().reached(asked, deadline);
    run(there, "SELECT pg_wal_replay_resume()");
    return reached;
  };
  const auto result = sides.compare_one("t");
  CHECK(in_words(result).empty());
  CHECK(result.read_again == 1);
}

}  // namespace pgcleave::compare::test

// Real replication, with clients that write all the time.
#include <atomic>
#include <set>
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

// Commits of the original that wait for a synchronous standby which is not there, as long as it lives: they are in the
// WAL, and nobody on the original sees them.
class NobodyAnswers {
 public:
  NobodyAnswers() {
    become("nobody");
    // Commits wait from when the checkpointer has read the setting.
    while (waiting() == 0) {
      commit("SELECT pg_logical_emit_message(true, 'cmp', '')");
      (void)wait_until("it waits", Deadline::in(100ms), 2ms, nullptr, [&]() -> Result<bool> { return waiting() > 0; });
    }
  }
  ~NobodyAnswers() { answer(); }
  NobodyAnswers(const NobodyAnswers&) = delete;
  NobodyAnswers& operator=(const NobodyAnswers&) = delete;

  void commit(const std::string& sql) {
    threads_.emplace_back([sql] {
      auto session = main_server().connect();
      (void)session.simple(sql, soon());
    });
  }
  void answer() {
    become("");
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void become(const std::string& names) {
    run(session_, "ALTER SYSTEM SET synchronous_standby_names = " + postgres::quote_literal(names));
    run(session_, "SELECT pg_reload_conf()");
  }
  std::int64_t waiting() {
    return run(session_, "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event = 'SyncRep'").number(0, "n");
  }
  postgres::Connection session_ = main_server().connect();
  std::vector<std::thread> threads_;
};

// Until the copy shows what nobody on the original sees.
void wait_for_note(postgres::Connection& copy, int id, const std::string& note) {
  REQUIRE(wait_until("the copy has it", soon(), 5ms, nullptr, [&]() -> Result<bool> {
    return !run(copy, fmt::format("SELECT FROM cmp.t WHERE id = {} AND note = {}", id, postgres::quote_literal(note)))
                .empty();
  }));
}

constexpr const char* tables_sql =
    "CREATE TABLE cmp.t (id int PRIMARY KEY, note text); CREATE TABLE cmp.hot (id int PRIMARY KEY, n int)";
constexpr const char* rows_sql =
    "INSERT INTO cmp.t SELECT g, 'row ' || g FROM generate_series(1, 3000) g; INSERT INTO cmp.hot VALUES (1, 0)";

struct Replica : TwoCopies {
  Replica() {
    run(original, tables_sql);
    run(original, rows_sql);
    request.copy = [this](Deadline deadline) { return postgres::Connection::open(standby.settings(), deadline); };
    request.following = by_replay();
    request.jobs = 2;
    request.first_rows = 500;
  }
  // It goes on when the comparison asks how far it is.
  void hold_replay() {
    run(there, "SELECT pg_wal_replay_pause()");
    request.following.reached = [&](postgres::Connection& asked, Deadline deadline) {
      auto reached = by_replay().reached(asked, deadline);
      run(there, "SELECT pg_wal_replay_resume()");
      return reached;
    };
  }
  postgres::test::Server standby{"main", main_server()};
  postgres::Connection there = standby.connect();
};

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
      CHECK(in_words(table) == "");
      again += table.read_again;
    }
    CHECK(outcome.tables.at(0).rows > 2900);
    CHECK(outcome.position > Lsn{});
  }
  CHECK(writers.written > 100);
  CHECK(again > 0);
}

TEST_CASE("a commit that the copy shows before the original does is no difference") {
  const auto judged = [](TwoCopies& sides, postgres::Connection& copy) {
    sides.request.patience.with_writers = 200ms;
    REQUIRE(in_words(sides.compare_one("t")) == "");
    NobodyAnswers nobody;
    nobody.commit("UPDATE cmp.t SET note = 'early' WHERE id = 7");
    nobody.commit("INSERT INTO cmp.t VALUES (9001, 'early')");
    wait_for_note(copy, 7, "early");
    wait_for_note(copy, 9001, "early");
    CHECK(run(sides.original, "SELECT FROM cmp.t WHERE note = 'early'").empty());
    const auto result = sides.compare_one("t");
    CHECK(in_words(result) == "");
    CHECK(std::set<std::string>(result.undecided.begin(), result.undecided.end()) ==
          std::set<std::string>{"id 7", "id 9001"});
    nobody.answer();
    const auto later = sides.compare_one("t");
    CHECK(in_words(later) == "");
    CHECK(later.undecided.empty());
  };
  SECTION("through a subscription") {
    Linked sides;
    judged(sides, sides.copy);
  }
  SECTION("on a standby") {
    Replica sides;
    judged(sides, sides.there);
  }
}

TEST_CASE("whoever writes the table and sits idle keeps no row from being judged") {
  Linked sides;
  run(sides.copy, "SET session_replication_role TO replica; UPDATE cmp.t SET note = 'bent' WHERE id = 7");
  auto idle = main_server().connect();
  run(idle, "BEGIN; UPDATE cmp.t SET note = 'perhaps' WHERE id = 8");
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "changed id 7 (note)");
  CHECK(result.undecided.empty());
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

TEST_CASE(
    "a trigger that fires while rows are applied is named as a likely cause, and is no difference where both have it") {
  Linked sides;
  sides.both(
      "CREATE FUNCTION cmp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
      "CREATE TRIGGER t_f BEFORE INSERT ON cmp.t FOR EACH ROW EXECUTE FUNCTION cmp.f(); "
      "CREATE TRIGGER t_g BEFORE INSERT ON cmp.t FOR EACH ROW EXECUTE FUNCTION cmp.f(); "
      "ALTER TABLE cmp.t ENABLE ALWAYS TRIGGER t_f");
  const auto shape = sides.compare({"t", "hot"}).shape;
  CHECK(shape.differences.empty());
  CHECK(shape.notes == std::vector<std::string>{
                           "trigger t_f of cmp.t is ENABLE ALWAYS on target ci: it fires when subscription cmp_sub "
                           "applies rows, and may be why rows differ"});
  // DDL does not follow by a link.
  run(sides.original, "CREATE INDEX t_note ON cmp.t (note)");
  const auto differences = sides.compare({"t"}).shape.differences;
  REQUIRE(differences.size() == 1);
  CHECK(differences.at(0).repair == "CREATE INDEX CONCURRENTLY t_note ON cmp.t USING btree (note);");
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
  Replica sides;
  {
    Writers writers(1);
    for (int round = 0; round < 5; ++round) {
      for (const auto& table : sides.compare({"t", "hot"}).tables) CHECK(in_words(table) == "");
    }
  }
  SECTION("where a row differs") {
    sides.hold_replay();
    run(sides.original, "UPDATE cmp.t SET note = 'later' WHERE id = 7");
    const auto result = sides.compare_one("t");
    CHECK(in_words(result) == "");
    CHECK(result.read_again == 1);
  }
  SECTION("where it lacks a table") {
    sides.hold_replay();
    run(sides.original, "CREATE TABLE cmp.new AS SELECT 1 AS id");
    CHECK(in_words(sides.compare_one("new")) == "");
  }
  SECTION("where a column differs") {
    sides.hold_replay();
    run(sides.original, "ALTER TABLE cmp.t ADD COLUMN more int");
    CHECK(in_words(sides.compare_one("t")) == "");
  }
  SECTION("where it lacks an index") {
    sides.hold_replay();
    run(sides.original, "CREATE INDEX t_note ON cmp.t (note)");
    const auto outcome = sides.compare({"t"});
    CHECK(outcome.shape.differences.empty());
    CHECK(outcome.shape.not_compared == "");
  }
}

}  // namespace pgcleave::compare::test

// A comparison that is kept on the original, and can be resumed. What it reads there is counted in the server's log.
#pragma once

#include <atomic>
#include <map>
#include <thread>

#include "two_copies.h"

namespace pgcleave::compare::test {

struct KeptComparison : TwoCopies {
  KeptComparison() {
    forget();
    request.original = [](Deadline deadline) -> Result<postgres::Connection> {
      TRY_ASSIGN(auto session, postgres::Connection::open(main_server().settings(), deadline));
      TRY(session.simple("SET log_statement TO 'none'; SET log_min_duration_statement TO 0", deadline));
      return session;
    };
    request.keeping = Keeping{"v-1", "compare cmp", "source main, target ci", "ops@a"};
    request.say = [this](const std::string& text) { said += text + "\n"; };
    request.first_rows = 300;
    request.most_rows = 300;
  }
  ~KeptComparison() { forget(); }
  KeptComparison(const KeptComparison&) = delete;
  KeptComparison& operator=(const KeptComparison&) = delete;

  void forget() { static_cast<void>(original.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  void fill(const std::string& table, int rows) {
    both(
        fmt::format("CREATE TABLE cmp.{0} (id int PRIMARY KEY, note text); INSERT INTO cmp.{0} SELECT g, 'row ' || g "
                    "FROM generate_series(1, {1}) g; ANALYZE cmp.{0}",
                    table, rows));
  }
  void bend(int id) { run(copy, fmt::format("UPDATE cmp.t SET note = 'hush' WHERE id = {}", id)); }
  void resume() { request.keeping->resume = true; }
  std::int64_t kept(const std::string& from) {
    return run(original, "SELECT count(*) AS n FROM pgcleave." + from).number(0, "n");
  }
  // The blocks whose sums the original has computed since it was asked last, and how often each.
  std::map<std::string, int> blocks_read() {
    std::map<std::string, int> read;
    const auto log = main_server().log();
    while (true) {
      const auto at = log.find("SELECT pg_catalog.count(*) AS n, COALESCE(pg_catalog.sum(", log_read_);
      if (at == std::string::npos) break;
      const auto end = log.find('\n', at);
      const auto from = log.find(" FROM ONLY ", at);
      if (from < end) ++read[log.substr(from, end - from)];
      log_read_ = end;
    }
    return read;
  }

  std::string said;

 private:
  std::size_t log_read_ = main_server().log().size();
};

// A comparison of table `t` in a thread of its own, with one worker.
struct Running {
  explicit Running(Request given, std::int64_t until_blocks = 2) : request(std::move(given)) {
    request.tables = {{"cmp", "t"}};
    request.patience.stop = &stop;
    request.tell = [this](const Progress& now) {
      blocks = now.blocks;
      rows = now.rows;
    };
    thread = std::thread([this] {
      outcome = compare_tables(request);
      over = true;
    });
    wait(until_blocks);
  }
  ~Running() {
    if (thread.joinable()) thread.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  void wait(std::int64_t until_blocks) {
    (void)wait_until("blocks are read", soon(), 1ms, nullptr,
                     [&]() -> Result<bool> { return over || blocks >= until_blocks; });
  }
  Result<Outcome>& end() {
    thread.join();
    return outcome;
  }

  Request request;
  StopFlag stop;
  std::atomic<std::int64_t> blocks = 0;
  std::atomic<std::int64_t> rows = 0;
  std::atomic<bool> over = false;
  Result<Outcome> outcome = Outcome{};
  std::thread thread;
};

}  // namespace pgcleave::compare::test

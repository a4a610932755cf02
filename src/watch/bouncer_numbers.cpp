#include "watch/bouncer_numbers.h"

#include "base/format.h"
#include "pgbouncer/console.h"

namespace pgcleave::watch {
namespace {

double real_if_told(const postgres::Rows& rows, std::size_t row, const std::string& column) {
  return rows.has(column) ? std::atof(rows.text(row, column).c_str()) : 0;
}

class BouncerNumbers : public Source {
 public:
  BouncerNumbers(postgres::Settings console, std::string database)
      : Source(fmt::format("pool {} at {}", database, console.name)),
        settings_(std::move(console)),
        database_(std::move(database)) {}

  Result<Numbers> read(Deadline deadline) override {
    if (!console_ || !console_->alive()) {
      TRY_ASSIGN(auto opened, pgbouncer::Console::open(settings_, deadline));
      console_.emplace(std::move(opened));
      growth_.forget();
    }
    growth_.tick();
    Numbers numbers;
    TRY(pools(numbers, deadline));
    TRY(stats(numbers, deadline));
    return numbers;
  }

 private:
  Result<postgres::Rows> show(const std::string& what, Deadline deadline) {
    TRY(console_->send("SHOW " + what));
    return console_->receive(deadline);
  }

  // One row per database and user.
  Result<void> pools(Numbers& numbers, Deadline deadline) {
    TRY_ASSIGN(const auto rows, show("POOLS", deadline));
    double active = 0;
    double waiting = 0;
    double busy = 0;
    double idle = 0;
    double longest_ms = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows.text(row, "database") != database_) continue;
      active += real_if_told(rows, row, "cl_active");
      waiting += real_if_told(rows, row, "cl_waiting");
      busy += real_if_told(rows, row, "sv_active");
      idle += real_if_told(rows, row, "sv_idle");
      longest_ms = std::max(longest_ms,
                            real_if_told(rows, row, "maxwait") * 1000 + real_if_told(rows, row, "maxwait_us") / 1000);
    }
    put(numbers, "clients.active", active);
    put(numbers, "clients.waiting", waiting);
    put(numbers, "clients.longest_wait_ms", longest_ms);
    put(numbers, "servers.active", busy);
    put(numbers, "servers.idle", idle);
    return {};
  }

  // Totals, so that the time between two looks is ours and not stats_period.
  Result<void> stats(Numbers& numbers, Deadline deadline) {
    TRY_ASSIGN(const auto rows, show("STATS", deadline));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows.text(row, "database") != database_) continue;
      put(numbers, "transactions_per_s",
          growth_.per_second("transactions", real_if_told(rows, row, "total_xact_count")));
      put(numbers, "queries_per_s", growth_.per_second("queries per s", real_if_told(rows, row, "total_query_count")));
      const auto queries = growth_.added("queries", real_if_told(rows, row, "total_query_count"));
      const auto query_us = growth_.added("query time", real_if_told(rows, row, "total_query_time"));
      const auto wait_us = growth_.added("wait time", real_if_told(rows, row, "total_wait_time"));
      if (!queries || *queries <= 0) continue;
      if (query_us) put(numbers, "query_mean_ms", *query_us / *queries / 1000);
      if (wait_us) put(numbers, "wait_mean_ms", *wait_us / *queries / 1000);
    }
    return {};
  }

  postgres::Settings settings_;
  std::string database_;
  std::optional<pgbouncer::Console> console_;
  Growth growth_;
};

}  // namespace

std::unique_ptr<Source> bouncer_numbers(const postgres::Settings& console, const std::string& database) {
  return std::make_unique<BouncerNumbers>(console, database);
}

}  // namespace pgcleave::watch

#include "init/pool_use.h"

#include "base/format.h"
#include "init/login.h"

namespace pgcleave::init {
namespace {

constexpr std::size_t most_statements = 5000;
constexpr auto nap = std::chrono::milliseconds(50);

// Backends of the pools: processes of the server (SHOW SERVERS, PgBouncer 1.18 to 1.25).
class Sessions {
 public:
  Sessions(const std::vector<BouncerFound>& bouncers, const PoolsFound& pools, const Asked& asked) : pools_(pools) {
    std::vector<postgres::Settings> settings;
    for (const auto& bouncer : bouncers)
      settings.push_back(login_to(bouncer.at.host, bouncer.at.port, "pgbouncer", asked.admin(), asked));
    for (auto& console : pgbouncer::Console::open_all(settings, Deadline::in(time_per_address))) {
      if (console) consoles_.push_back(std::move(*console));
    }
  }

  // As an array of SQL.
  Result<std::string> pids() {
    std::set<std::string> found;
    for (auto& console : consoles_) {
      TRY(console.send("SHOW SERVERS"));
      TRY_ASSIGN(const auto rows, console.receive(Deadline::in(time_per_address)));
      if (!rows.has("database") || !rows.has("remote_pid")) continue;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto& pid = rows.text(row, "remote_pid");
        const bool number = !pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos;
        if (number && is_pool(rows.text(row, "database"))) found.insert(pid);
      }
    }
    return fmt::format("{{{}}}", fmt::join(found, ","));
  }

 private:
  [[nodiscard]] bool is_pool(const std::string& name) const {
    for (const auto& pool : pools_.pools) {
      for (const auto& database : pool.databases) {
        if (database == name) return true;
      }
    }
    return false;
  }

  const PoolsFound& pools_;
  std::vector<pgbouncer::Console> consoles_;
};

}  // namespace

Result<std::set<postgres::TableName>> used_through(const std::vector<BouncerFound>& bouncers, const PoolsFound& pools,
                                                   const Asked& asked, postgres::Connection& leader,
                                                   const CatalogFound& catalog) {
  Sessions sessions(bouncers, pools, asked);
  std::set<std::string> statements;
  const auto until = Deadline::in(asked.observe);
  while (!until.passed() && statements.size() < most_statements) {
    TRY_ASSIGN(const auto pids, sessions.pids());
    TRY_ASSIGN(const auto rows, leader.query("SELECT DISTINCT query FROM pg_catalog.pg_stat_activity WHERE pid = ANY "
                                             "($1::pg_catalog.int4[]) AND query <> ''",
                                             {pids}, Deadline::in(time_per_address)));
    for (std::size_t row = 0; row < rows.size(); ++row) statements.insert(rows.text(row, "query"));
    sleep_until(until, nap, nullptr);
  }
  std::set<postgres::TableName> used;
  for (const auto& statement : statements) used.merge(tables_in(statement, catalog));
  return used;
}

}  // namespace pgcleave::init

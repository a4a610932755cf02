// The family workload: what clients do, seen in pg_stat_statements and in their sessions over a stretch of time.
#include "base/format.h"
#include "checks/families.h"
#include "checks/server_seen.h"
#include "checks/workload/bouncer_servers.h"
#include "checks/workload/sessions.h"
#include "checks/workload/statements.h"
#include "checks/workload/tables.h"
#include "postgres/wal.h"

namespace pgcleave::checks {
namespace {

constexpr Duration short_look = std::chrono::milliseconds(250);
constexpr Duration between_samples = std::chrono::milliseconds(50);
constexpr int most_samples = 400;  // pg_locks holds up everybody who wants a lock for a moment
constexpr int samples_per_fleet_look = 10;

// A side that takes writes, and what is seen of it over time.
struct Watched {
  const InspectedSide* side = nullptr;
  TableReferences references;
  Sessions sessions;
  Uses uses;  // when the observation began
};

class Observation {
 public:
  Observation(CheckContext& context, const BothSides& both)
      : context_(context),
        both_(both),
        servers_(context.world().fleet.bouncers(), context.deadline()),
        length_(std::max(context.observe(), short_look)) {}

  Result<Findings> run() {
    for (const auto* side : both_.with_own_catalog()) {
      TRY_ASSIGN(const auto links, dependencies(*side->session, context_.deadline()));
      TRY_ASSIGN(const auto code, programs(*side->session, context_.deadline()));
      watched_.push_back({side, TableReferences(side->tables, links, code), Sessions(side->tables), {}});
      TRY_ASSIGN(watched_.back().uses, table_uses(*side->session, context_.deadline()));
    }
    TRY(watch());
    can_be_told_ = routes_can_be_told();
    for (auto& one : watched_) TRY(judge(one));
    TRY(judge_copies());
    if (both_.target) take(found_, judge_lag(lags_, both_.target->side->label(), observed()));
    return std::move(found_);
  }

 private:
  // The fleet is asked between two samples, so that who is in both of them would be among its server connections.
  Result<void> watch() {
    const auto end = Deadline::in(length_).or_earlier(context_.deadline());
    for (int sample = 1;; ++sample) {
      for (auto& one : watched_) TRY(one.sessions.sample(*one.side->session, context_.deadline()));
      TRY(take_lag());
      if (sample % samples_per_fleet_look == 1) servers_.read(sample, context_.deadline());
      if (end.passed() && sample > 1) return {};
      sleep_until(end, std::max(between_samples, length_ / most_samples), nullptr);
    }
  }

  Result<void> take_lag() {
    if (!both_.source || !both_.target || both_.source->standby || !both_.target->standby) return {};
    TRY_ASSIGN(const auto written, postgres::current_lsn(*both_.source->session, context_.deadline()));
    TRY_ASSIGN(const auto there, postgres::recovery(*both_.target->session, context_.deadline()));
    lags_.push_back(written.ahead_of(there.replayed));
    return {};
  }

  [[nodiscard]] std::string observed() const {
    return fmt::format("{} looks in {}", watched_.front().sessions.samples(), to_text(length_));
  }

  Result<void> judge(Watched& one) {
    const auto label = one.side->side->label();
    TRY_ASSIGN(const auto statements, seen_statements(*one.side->session, context_.deadline()));
    take(found_, judge_statements(statements, one.references, label));
    take(found_, judge_sessions({label, observed(), seen_sessions(one), {}}, one.references));
    TRY_ASSIGN(const auto prepared, prepared_transactions(*one.side->session));
    take(found_, judge_sessions({label, observed(), {}, prepared}, one.references));
    TRY_ASSIGN(const auto ages, table_ages(*one.side->session, one.references, context_.deadline()));
    take(found_, judge_ages(ages, label));
    return {};
  }

  // Translated addresses would make everybody look like a stranger.
  [[nodiscard]] bool routes_can_be_told() const {
    if (!servers_.problems().empty()) return false;
    if (servers_.empty()) return true;
    return std::any_of(watched_.begin(), watched_.end(), [&](const Watched& one) {
      const auto all = one.sessions.all();
      return std::any_of(all.begin(), all.end(), [&](const Session& session) { return servers_.have(session); });
    });
  }

  std::vector<SeenSession> seen_sessions(const Watched& one) {
    std::vector<SeenSession> seen;
    for (const auto& session : one.sessions.all()) {
      if (session.own) continue;
      std::optional<bool> through;
      if (servers_.have(session))
        through = true;
      else if (can_be_told_ && servers_.would_have(session))
        through = false;
      seen.push_back({session, one.sessions.is_here(session), through});
    }
    if (!can_be_told_) routes_unknown(one.side->side->label());
    return seen;
  }

  void routes_unknown(const std::string& side) {
    const auto& problems = servers_.problems();
    found_.push_back(
        {"workload.routes_unknown", Severity::note, "sessions on " + side,
         problems.empty()
             ? "none of the bouncers' server connections is among the sessions: addresses are translated on the way"
             : problems.front(),
         "SHOW SERVERS on each bouncer; SELECT client_addr, client_port FROM pg_stat_activity",
         "it is not known which sessions bypass the bouncers, and whether the pool is used for moved tables only",
         "fix what is in the way, then: pgcleave check" + context_.with_environment()});
  }

  Result<std::vector<PreparedTransaction>> prepared_transactions(postgres::Connection& session) {
    TRY_ASSIGN(
        const auto rows,
        session.query(
            "SELECT gid, owner, EXTRACT(epoch FROM now() - prepared)::float8 AS age FROM pg_catalog.pg_prepared_xacts "
            "WHERE database = current_database() ORDER BY prepared",
            {}, context_.deadline()));
    std::vector<PreparedTransaction> found;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      found.push_back({rows.text(row, "gid"), rows.text(row, "owner"), std::atof(rows.text(row, "age").c_str())});
    }
    return found;
  }

  // Once the target owns the moved tables, each side has a stale half.
  Result<void> judge_copies() {
    if (context_.observe() == Duration::zero() || watched_.size() < 2) return {};
    TRY_ASSIGN(const auto owner,
               fence::owner(*both_.target->session, context_.world().split.name, context_.deadline()));
    if (owner != fence::Owner::target) return {};
    for (auto& one : watched_) {
      TRY_ASSIGN(const auto after, table_uses(*one.side->session, context_.deadline()));
      const auto stale = one.side->side->which() == fence::Owner::target ? Part::kept : Part::moved;
      take(found_, judge_uses(one.uses, after, one.references, stale, one.side->side->label(), length_));
    }
    return {};
  }

  CheckContext& context_;
  const BothSides& both_;
  BouncerServers servers_;
  Duration length_;
  std::vector<Watched> watched_;
  std::vector<Bytes> lags_;
  bool can_be_told_ = false;  // who comes through the bouncers
  Findings found_;
};

}  // namespace

Result<Findings> workload(CheckContext& context) {
  TRY_ASSIGN(const auto both, inspect_both(context));
  return Observation(context, both).run();
}

}  // namespace pgcleave::checks

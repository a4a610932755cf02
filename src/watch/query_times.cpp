#include "watch/query_times.h"

#include <algorithm>

namespace pgcleave::watch {

std::optional<QueryTimes> QueryTimer::since_last(const std::vector<StatementTotal>& now) {
  struct Called {
    double mean_ms;
    double calls;
  };
  std::vector<Called> called;
  std::unordered_map<std::string, Total> seen;
  double calls = 0;
  double ms = 0;
  for (const auto& statement : now) {
    const auto last = last_.find(statement.key);
    // A statement that is new, or was reset, has all its calls since then.
    const auto before = last == last_.end() || last->second.calls > statement.calls ? Total{} : last->second;
    const double fresh = statement.calls - before.calls;
    const double took = std::max(statement.total_ms - before.ms, 0.0);
    seen[statement.key] = {statement.calls, statement.total_ms};
    if (last_.empty() || fresh <= 0) continue;
    called.push_back({took / fresh, fresh});
    calls += fresh;
    ms += took;
  }
  last_ = std::move(seen);
  if (calls <= 0) return {};
  std::sort(called.begin(), called.end(), [](const auto& a, const auto& b) { return a.mean_ms < b.mean_ms; });
  double below = 0;
  const auto at =
      std::find_if(called.begin(), called.end(), [&](const auto& one) { return (below += one.calls) >= 0.95 * calls; });
  return QueryTimes{ms / calls, (at == called.end() ? called.back() : *at).mean_ms};
}

}  // namespace pgcleave::watch

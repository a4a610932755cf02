// Mean and 95th percentile of what statements took between two looks at pg_stat_statements.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace pgcleave::watch {

struct StatementTotal {
  std::string key;
  double calls = 0;
  double total_ms = 0;
};

struct QueryTimes {
  double mean_ms = 0;
  // An estimate: every call counts with the mean of its statement. How calls of one statement differ is not seen.
  double p95_ms = 0;
};

class QueryTimer {
 public:
  // No value at the first look, and when nothing was called since the last.
  std::optional<QueryTimes> since_last(const std::vector<StatementTotal>& now);

 private:
  struct Total {
    double calls = 0;
    double ms = 0;
  };
  std::unordered_map<std::string, Total> last_;
};

}  // namespace pgcleave::watch

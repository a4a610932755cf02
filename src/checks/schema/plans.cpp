#include "checks/schema/plans.h"

#include "base/fields.h"
#include "base/format.h"
#include "base/units.h"

namespace pgcleave::checks {
namespace {

struct Scan {
  postgres::TableName table;
  std::string filter;
};

// Whoever reads a whole table without a filter wants it all.
void collect(const Json& node, std::vector<Scan>& scans) {
  if (node.is_array()) {
    for (const auto& each : node) collect(each, scans);
  } else if (node.is_object()) {
    if (text_in(node, "Node Type") == "Seq Scan" && node.contains("Filter")) {
      scans.push_back({{text_in(node, "Schema"), text_in(node, "Relation Name")}, text_in(node, "Filter")});
    }
    for (const auto& [key, value] : node.items()) {
      if (value.is_structured()) collect(value, scans);
    }
  }
}

constexpr std::size_t most_of_text = 300;

}  // namespace

Findings judge_plans(const std::vector<Plan>& plans, const Sizes& big, const std::string& side) {
  Findings found;
  for (const auto& one : plans) {
    std::vector<Scan> scans;
    collect(one.plan, scans);
    for (const auto& scan : scans) {
      const auto size = big.find(scan.table);
      if (size == big.end()) continue;
      found.push_back(
          {"schema.sequential_scan", Severity::warning, fmt::format("statement {} on {}", one.statement.id, side),
           fmt::format("its plan reads all {} of {} for {}; {} calls by {}, {:.1f} ms each where it ran: {}",
                       to_text(Bytes{size->second}), scan.table.sql(), shortened(scan.filter, most_of_text),
                       one.statement.calls, one.statement.user,
                       one.statement.total_ms / static_cast<double>(one.statement.calls),
                       shortened(one.statement.text, most_of_text)),
           fmt::format("SELECT query FROM pg_stat_statements WHERE queryid = {}; then EXPLAIN it on {}",
                       one.statement.id, side),
           "an index is missing, or the planner does not take it: under the clients' load this side would stand still",
           fmt::format("CREATE INDEX CONCURRENTLY on {} for what it filters, or ANALYZE {}", scan.table.sql(),
                       scan.table.sql())});
      break;
    }
  }
  return found;
}

}  // namespace pgcleave::checks

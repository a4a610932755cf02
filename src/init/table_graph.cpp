#include "init/table_graph.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/format.h"

namespace pgcleave::init {
namespace {

class GraphOfCatalog {
 public:
  explicit GraphOfCatalog(const CatalogFound& catalog) : catalog_(catalog) {
    graph_.tables = catalog.roots();
    for (std::size_t i = 0; i < graph_.tables.size(); ++i) places_[graph_.tables[i]] = i;
    for (const auto& table : catalog.tables) {
      if (const auto root = places_.find(table.root); root != places_.end()) places_[table.name] = root->second;
    }
  }

  TableGraph run() {
    for (const auto& key : catalog_.keys)
      tie(key.from, key.to, TieKind::foreign_key,
          fmt::format("foreign key {} of {} to {}", key.name, key.from.sql(), key.to.sql()));
    for (const auto& one : catalog_.inheritances)
      tie(one.child, one.parent, TieKind::inheritance,
          fmt::format("{} inherits from {}", one.child.sql(), one.parent.sql()));
    for (const auto& sequence : catalog_.sequences) {
      for (const auto& table : sequence.uses) {
        if (table != *sequence.uses.begin())
          tie(*sequence.uses.begin(), table, TieKind::sequence,
              fmt::format("sequence {} of {} and {}", sequence.name.sql(), sequence.uses.begin()->sql(), table.sql()));
      }
    }
    for (const auto& [pair, calls] : joined()) {
      if (calls < 1) continue;
      tie(pair.first, pair.second, TieKind::statements,
          fmt::format("statements that name {} and {}: {} calls", pair.first.sql(), pair.second.sql(), calls));
      graph_.ties.back().weight = 1 + std::log2(static_cast<double>(calls));
    }
    return std::move(graph_);
  }

 private:
  // How often statements that name two tables were called.
  std::map<std::pair<postgres::TableName, postgres::TableName>, std::int64_t> joined() {
    constexpr std::size_t most_tables = 20;  // of a statement: dumps and the like say nothing
    std::map<std::pair<postgres::TableName, postgres::TableName>, std::int64_t> calls;
    for (const auto& statement : catalog_.statements.all) {
      auto tables = tables_in(statement.text, catalog_);
      std::erase_if(tables, [&](const auto& table) { return !places_.contains(table); });
      if (tables.size() > most_tables) continue;
      for (auto one = tables.begin(); one != tables.end(); ++one) {
        for (auto other = std::next(one); other != tables.end(); ++other) calls[{*one, *other}] += statement.calls;
      }
    }
    return calls;
  }

  void tie(const postgres::TableName& one, const postgres::TableName& other, TieKind kind, std::string text) {
    const auto a = places_.find(one);
    const auto b = places_.find(other);
    if (a == places_.end() || b == places_.end() || a->second == b->second) return;
    graph_.ties.push_back({a->second, b->second, kind, std::move(text)});
  }

  const CatalogFound& catalog_;
  std::map<postgres::TableName, std::size_t> places_;
  TableGraph graph_;
};

// Numbers from 0 in the order in which they come.
std::vector<std::size_t> renumbered(const std::vector<std::size_t>& labels) {
  std::map<std::size_t, std::size_t> numbers;
  std::vector<std::size_t> all;
  for (const auto label : labels) all.push_back(numbers.emplace(label, numbers.size()).first->second);
  return all;
}

// One level of the method: nodes with weighted neighbours; a node's weight to itself is what lies inside it.
class Level {
 public:
  explicit Level(std::size_t nodes) : neighbours_(nodes), own_(nodes), inside_(nodes) {
    std::iota(own_.begin(), own_.end(), std::size_t{0});
  }

  void add(std::size_t one, std::size_t other, double weight) {
    total_ += 2 * weight;
    if (one == other) {
      inside_[one] += 2 * weight;
      return;
    }
    neighbours_[one][other] += weight;
    neighbours_[other][one] += weight;
  }

  // Moves nodes to the community of a neighbour as long as that raises modularity. False: nothing moved.
  bool improve() {
    if (total_ == 0) return false;
    std::vector<double> degrees;
    for (std::size_t node = 0; node < own_.size(); ++node) degrees.push_back(degree(node));
    auto of_community = degrees;
    bool any = false;
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t node = 0; node < own_.size(); ++node) moved = move(node, degrees[node], of_community) || moved;
      any = any || moved;
    }
    return any;
  }

  [[nodiscard]] std::vector<std::size_t> communities() const { return renumbered(own_); }

  [[nodiscard]] Level folded() const {
    const auto to = communities();
    Level next(to.empty() ? 0 : *std::max_element(to.begin(), to.end()) + 1);
    for (std::size_t node = 0; node < own_.size(); ++node) {
      if (inside_[node] > 0) next.add(to[node], to[node], inside_[node] / 2);
      for (const auto& [neighbour, weight] : neighbours_[node]) {
        if (node < neighbour) next.add(to[node], to[neighbour], weight);
      }
    }
    return next;
  }

 private:
  [[nodiscard]] double degree(std::size_t node) const {
    double sum = inside_[node];
    for (const auto& [unused, weight] : neighbours_[node]) sum += weight;
    return sum;
  }

  bool move(std::size_t node, double degree, std::vector<double>& of_community) {
    constexpr double least_gain = 1e-9;  // so that rounding moves nothing for ever
    std::map<std::size_t, double> towards;
    for (const auto& [neighbour, weight] : neighbours_[node]) towards[own_[neighbour]] += weight;
    const auto from = own_[node];
    of_community[from] -= degree;
    const auto gain = [&](std::size_t community) {
      const auto found = towards.find(community);
      return (found == towards.end() ? 0 : found->second) - of_community[community] * degree / total_;
    };
    auto best = from;
    for (const auto& [community, unused] : towards) {
      if (gain(community) > gain(best) + least_gain) best = community;
    }
    of_community[best] += degree;
    own_[node] = best;
    return best != from;
  }

  std::vector<std::map<std::size_t, double>> neighbours_;
  std::vector<std::size_t> own_;  // community
  std::vector<double> inside_;
  double total_ = 0;  // twice the sum of all weights
};

}  // namespace

TableGraph graph_of(const CatalogFound& catalog) {
  return GraphOfCatalog(catalog).run();
}

std::vector<std::size_t> components_of(const TableGraph& graph) {
  std::vector<std::size_t> parents(graph.tables.size());
  std::iota(parents.begin(), parents.end(), std::size_t{0});
  const auto top = [&](std::size_t node) {
    while (parents[node] != node) node = parents[node] = parents[parents[node]];
    return node;
  };
  for (const auto& tie : graph.ties) {
    if (tie.kind != TieKind::statements) parents[top(tie.one)] = top(tie.other);
  }
  std::vector<std::size_t> labels;
  for (std::size_t node = 0; node < parents.size(); ++node) labels.push_back(top(node));
  return renumbered(labels);
}

std::vector<std::size_t> communities_of(const TableGraph& graph) {
  Level level(graph.tables.size());
  for (const auto& tie : graph.ties) level.add(tie.one, tie.other, tie.weight);
  std::vector<std::size_t> labels(graph.tables.size());
  std::iota(labels.begin(), labels.end(), std::size_t{0});
  while (level.improve()) {
    const auto to = level.communities();
    for (auto& label : labels) label = to[label];
    level = level.folded();
  }
  return renumbered(labels);
}

}  // namespace pgcleave::init

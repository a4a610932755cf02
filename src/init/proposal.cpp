#include "init/proposal.h"

#include <algorithm>
#include <tuple>

#include "base/format.h"
#include "config/problems.h"
#include "config/table_name.h"

namespace pgcleave::init {
namespace {

using postgres::TableName;

std::string schema_in_sql(const std::string& schema) {
  const auto text = config::Name{schema, "x"}.text();
  return text.substr(0, text.size() - 2);
}

class Candidates {
 public:
  Candidates(const TableGraph& graph, std::string scope, const std::set<TableName>& used)
      : graph_(graph), scope_(std::move(scope)), used_(used) {}

  std::vector<Candidate> run() {
    used_or_named();
    by_schema();
    by_number(components_of(graph_), "tables that hang together, and with no other");
    by_number(communities_of(graph_), "tables that hang together closely");
    std::stable_sort(ranked_.begin(), ranked_.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
    std::vector<Candidate> all;
    for (auto& one : ranked_) all.push_back(std::move(one.candidate));
    return all;
  }

 private:
  enum class Kind { used, named, schema, tied };
  struct Ranked {
    Kind kind;
    Candidate candidate;
  };

  static std::tuple<Kind, double, Kind, std::size_t> rank(const Ranked& one) {
    const auto& candidate = one.candidate;
    return {std::min(one.kind, Kind::schema), candidate.weight, one.kind, candidate.tables.size()};
  }

  void add(Kind kind, std::string why, const std::set<TableName>& tables) {
    const bool fits =
        kind <= Kind::named ? tables.size() < graph_.tables.size() : tables.size() * 2 <= graph_.tables.size();
    if (tables.empty() || !fits || !seen_.insert(tables).second) return;
    ranked_.push_back(
        {kind, {std::move(why), {tables.begin(), tables.end()}, crossing_of(graph_, tables), cut_by(tables)}});
  }

  [[nodiscard]] double cut_by(const std::set<TableName>& tables) const {
    double sum = 0;
    for (const auto& tie : graph_.ties) {
      if (tables.contains(graph_.tables[tie.one]) != tables.contains(graph_.tables[tie.other])) sum += tie.weight;
    }
    return sum;
  }

  // Of a cluster `ci`: schema ci and, elsewhere, tables named ci or ci_...
  void used_or_named() {
    std::set<TableName> tables;
    for (const auto& table : graph_.tables) {
      if (table.schema == scope_ || table.name == scope_ || table.name.starts_with(scope_ + "_")) tables.insert(table);
    }
    const auto named = "named like the target, " + scope_;
    if (!used_.empty()) {
      auto both = tables;
      both.insert(used_.begin(), used_.end());
      add(Kind::used, "used through the pools" + (tables.empty() ? "" : ", or " + named), both);
    }
    add(Kind::named, named, tables);
  }

  void by_schema() {
    std::map<std::string, std::set<TableName>> schemas;
    for (const auto& table : graph_.tables) schemas[table.schema].insert(table);
    for (const auto& [schema, tables] : schemas) add(Kind::schema, "schema " + schema_in_sql(schema), tables);
  }

  // A table that hangs together with no other is no proposal.
  void by_number(const std::vector<std::size_t>& numbers, const std::string& why) {
    std::map<std::size_t, std::set<TableName>> sets;
    for (std::size_t i = 0; i < numbers.size(); ++i) sets[numbers[i]].insert(graph_.tables[i]);
    for (const auto& [unused, tables] : sets) {
      if (tables.size() > 1) add(Kind::tied, why, tables);
    }
  }

  const TableGraph& graph_;
  std::string scope_;
  const std::set<TableName>& used_;
  std::set<std::set<TableName>> seen_;
  std::vector<Ranked> ranked_;
};

// Those of one schema, beside tables of the same schema that are not chosen.
class SchemaNaming {
 public:
  SchemaNaming(const std::vector<TableName>& chosen, const std::vector<TableName>& others, Naming& naming)
      : chosen_(chosen), others_(others), naming_(naming) {}

  void run() {
    std::set<std::string> prefixes;
    for (const auto& table : chosen_) {
      const auto prefix = prefix_of(table.name);
      const bool own = !prefix.empty() && count(chosen_, prefix) > 1 && count(others_, prefix) == 0;
      if (own && prefixes.insert(prefix).second) naming_.patterns.push_back(table.schema + "." + prefix + "*");
      if (!own) naming_.tables.push_back(config::Name{table.schema, table.name}.text());
    }
  }

 private:
  // "ci_" of ci_runners; a name with a character of patterns has none.
  static std::string prefix_of(const std::string& name) {
    const auto end = name.find('_');
    if (end == std::string::npos || end == 0 || name.find_first_of("*?") != std::string::npos) return "";
    return name.substr(0, end + 1);
  }
  static std::size_t count(const std::vector<TableName>& tables, const std::string& prefix) {
    return static_cast<std::size_t>(std::count_if(
        tables.begin(), tables.end(), [&](const TableName& table) { return table.name.starts_with(prefix); }));
  }

  const std::vector<TableName>& chosen_;
  const std::vector<TableName>& others_;
  Naming& naming_;
};

bool has(const std::set<TableName>& tables, const TableName& table) {
  return tables.contains(table);
}

}  // namespace

std::vector<Candidate> candidates_in(const TableGraph& graph, const std::string& target_scope,
                                     const std::set<TableName>& used) {
  return Candidates(graph, target_scope, used).run();
}

std::vector<std::string> crossing_of(const TableGraph& graph, const std::set<TableName>& moved) {
  std::vector<std::string> all;
  for (const auto& tie : graph.ties) {
    if (has(moved, graph.tables[tie.one]) != has(moved, graph.tables[tie.other])) all.push_back(tie.text);
  }
  return all;
}

std::vector<TableName> tied_to(const TableGraph& graph, const std::set<TableName>& moved) {
  const auto components = components_of(graph);
  std::set<std::size_t> cut;
  for (const auto& tie : graph.ties) {
    if (tie.kind == TieKind::statements) continue;
    if (has(moved, graph.tables[tie.one]) != has(moved, graph.tables[tie.other])) cut.insert(components[tie.one]);
  }
  std::vector<TableName> all;
  for (std::size_t i = 0; i < graph.tables.size(); ++i) {
    if (cut.contains(components[i]) && !has(moved, graph.tables[i])) all.push_back(graph.tables[i]);
  }
  return all;
}

Naming naming_of(const std::set<TableName>& chosen, const std::vector<TableName>& all) {
  std::map<std::string, std::pair<std::vector<TableName>, std::vector<TableName>>> schemas;
  for (const auto& table : all) {
    auto& [in, out] = schemas[table.schema];
    (chosen.contains(table) ? in : out).push_back(table);
  }
  Naming naming;
  for (const auto& [schema, tables] : schemas) {
    const auto& [in, out] = tables;
    if (!in.empty() && out.empty()) naming.schemas.push_back(schema_in_sql(schema));
    if (!in.empty() && !out.empty()) SchemaNaming(in, out, naming).run();
  }
  return naming;
}

Result<std::set<TableName>> tables_named(const std::vector<std::string>& schemas,
                                         const std::vector<std::string>& patterns, const std::vector<TableName>& all) {
  std::set<TableName> chosen;
  std::set<std::string> known;
  for (const auto& table : all) known.insert(table.schema);
  for (const auto& text : schemas) {
    TRY_ASSIGN(const auto schema, config::parse_schema_name(text));
    if (!known.contains(schema)) {
      return fail({ErrorKind::invalid, "--moved-schemas", "no table is in schema " + text, "", "",
                   config::did_you_mean(schema, {known.begin(), known.end()}), ""});
    }
    for (const auto& table : all) {
      if (table.schema == schema) chosen.insert(table);
    }
  }
  for (const auto& pattern : patterns) {
    const auto before = chosen.size();
    std::size_t matched = 0;
    for (const auto& table : all) {
      const bool fits =
          config::matches(pattern, table.schema + "." + table.name) || config::matches(pattern, table.sql());
      if (fits) chosen.insert(table);
      matched += fits ? 1 : 0;
    }
    if (chosen.size() == before && matched == 0) {
      return fail({ErrorKind::invalid, "--moved-tables", "no table fits the pattern", "schema.table with * and ?",
                   pattern, "", ""});
    }
  }
  return chosen;
}

}  // namespace pgcleave::init

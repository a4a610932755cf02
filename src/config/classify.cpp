#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "base/format.h"
#include "config/problems.h"
#include "config/split.h"
#include "config/table_name.h"

namespace pgcleave::config {
namespace {

// The more specific wins: a table's name over a pattern over its schema.
enum class Right { table, pattern, schema };
constexpr std::array<const char*, 3> class_names{"moved", "kept", "shared"};

struct Claim {
  std::size_t of_class;
  const Selection::Entry* entry;
};

class Classifier {
 public:
  Classifier(const Split& split, const std::vector<Name>& catalog, const std::vector<Name>& partitions)
      : split_(split), catalog_(catalog.begin(), catalog.end()), partitions_(partitions) {
    std::sort(catalog_.begin(), catalog_.end());
    claims_.resize(catalog_.size());
  }

  PartlyClassified run() {
    const std::array<const Selection*, 3> selections{&split_.moved, &split_.kept, &split_.shared};
    for (std::size_t i = 0; i < selections.size(); ++i) {
      for (const auto& entry : selections[i]->tables) claim_table({i, &entry});
      for (const auto& entry : selections[i]->patterns) claim_pattern({i, &entry});
      for (const auto& entry : selections[i]->schemas) claim_schema({i, &entry});
    }
    PartlyClassified out;
    const std::array<std::vector<Name>*, 3> classes{&out.classified.moved, &out.classified.kept,
                                                    &out.classified.shared};
    for (std::size_t i = 0; i < catalog_.size(); ++i) {
      if (const auto decided = decide(i)) classes.at(*decided)->push_back(catalog_[i]);
    }
    std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
      return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    out.unclassified = std::move(unclassified_);
    out.problems = std::move(problems_);
    return out;
  }

 private:
  using Claims = std::array<std::vector<Claim>, 3>;  // by Right

  void add(std::size_t table, Right right, Claim claim) {
    claims_[table].at(static_cast<std::size_t>(right)).push_back(claim);
  }

  void claim_table(Claim claim) {
    const auto name = parse_table_name(claim.entry->text);
    if (!name) return problems_.push_back({claim.entry->at, name.error().what, name.error().hint});
    const auto found = std::lower_bound(catalog_.begin(), catalog_.end(), *name);
    if (found != catalog_.end() && *found == *name) {
      return add(static_cast<std::size_t>(found - catalog_.begin()), Right::table, claim);
    }
    std::vector<std::string> names;
    for (const auto& each : catalog_) names.push_back(each.text());
    constexpr std::size_t most_compared = 10'000;
    if (names.size() > most_compared) names.resize(most_compared);
    const auto hint = did_you_mean(name->text(), names);
    problems_.push_back({claim.entry->at, fmt::format("the database has no table {}", name->text()),
                         hint.starts_with("did") ? hint : "partitions are not named: they go with their root"});
  }

  void claim_pattern(Claim claim) {
    claim_all(Right::pattern, claim, "pattern",
              [&](const Name& name) { return matches(claim.entry->text, name.schema + "." + name.name); });
  }

  void claim_schema(Claim claim) {
    const auto schema = parse_schema_name(claim.entry->text);
    claim_all(Right::schema, claim, "schema", [&](const Name& name) { return schema && name.schema == *schema; });
  }

  template <class Matches>
  void claim_all(Right right, Claim claim, const char* what, Matches is_claimed) {
    bool any = false;
    for (std::size_t i = 0; i < catalog_.size(); ++i) {
      if (!is_claimed(catalog_[i])) continue;
      add(i, right, claim);
      any = true;
    }
    if (!any && std::none_of(partitions_.begin(), partitions_.end(), is_claimed))
      problems_.push_back({claim.entry->at,
                           fmt::format("no table of the database is in the {} {}", what, shown(claim.entry->text)),
                           "remove it or fix its name"});
  }

  std::optional<std::size_t> decide(std::size_t table) {
    for (const auto& claims : claims_[table]) {
      if (claims.empty()) continue;
      for (const auto& claim : claims) {
        if (claim.of_class == claims[0].of_class) continue;
        problems_.push_back({claim.entry->at,
                             fmt::format("the table {} is {} by {} and {} by {}", catalog_[table].text(),
                                         class_names.at(claims[0].of_class), shown(claims[0].entry->text),
                                         class_names.at(claim.of_class), shown(claim.entry->text)),
                             "name the table itself under tables of one class"});
        return std::nullopt;
      }
      return claims[0].of_class;
    }
    unclassified_.push_back(catalog_[table]);
    return std::nullopt;
  }

  const Split& split_;
  std::vector<Name> catalog_;
  const std::vector<Name>& partitions_;
  std::vector<Claims> claims_;
  std::vector<Name> unclassified_;
  std::vector<Problem> problems_;
};

std::vector<Problem> problems_of_unclassified(const std::string& path, const std::vector<Name>& tables) {
  std::map<std::string, std::vector<std::string>> by_schema;
  for (const auto& table : tables) by_schema[table.schema].push_back(table.text());
  std::vector<Problem> problems;
  for (const auto& [schema, names] : by_schema) {
    problems.push_back({{path, 0, 0},
                        fmt::format("{} of schema {} in no class: {}",
                                    names.size() == 1 ? "a table" : fmt::format("{} tables", names.size()), schema,
                                    fmt::join(names, ", ")),
                        "put each under moved, kept or shared: by name, schema or pattern"});
  }
  return problems;
}

}  // namespace

PartlyClassified classify_what_is_clear(const Split& split, const std::vector<Name>& catalog,
                                        const std::vector<Name>& partitions) {
  return Classifier(split, catalog, partitions).run();
}

Read<Classified> classify(const Split& split, const std::vector<Name>& catalog, const std::vector<Name>& partitions) {
  auto clear = classify_what_is_clear(split, catalog, partitions);
  auto problems = problems_of_unclassified(split.path, clear.unclassified);
  problems.insert(problems.end(), clear.problems.begin(), clear.problems.end());
  if (!problems.empty()) return {std::nullopt, std::move(problems)};
  return {std::move(clear.classified), {}};
}

}  // namespace pgcleave::config

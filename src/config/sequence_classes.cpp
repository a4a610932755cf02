#include "config/sequence_classes.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "base/format.h"
#include "config/problems.h"
#include "config/table_name.h"

namespace pgcleave::config {
namespace {

constexpr std::array<TableClass, 3> classes{TableClass::moved, TableClass::kept, TableClass::shared};

const char* word_of(TableClass one) {
  return one == TableClass::moved ? "moved" : one == TableClass::kept ? "kept" : "shared";
}

const Selection& selection_of(const Split& split, TableClass one) {
  return one == TableClass::moved ? split.moved : one == TableClass::kept ? split.kept : split.shared;
}

class SequenceClassifier {
 public:
  SequenceClassifier(const Split& split, const std::vector<CatalogSequence>& catalog)
      : split_(split), catalog_(catalog) {}

  ClassifiedSequences run() {
    read_names();
    read_schemas();
    for (const auto& sequence : catalog_) {
      if (const auto found = class_of(sequence)) {
        list_of(*found).push_back(sequence.name);
      } else if (!sequence.of_extension && !sequence.of_unclassified && !contested_) {
        out_.unclassified.push_back(sequence.name);
      }
    }
    std::stable_sort(out_.problems.begin(), out_.problems.end(), [](const Problem& a, const Problem& b) {
      return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    return std::move(out_);
  }

 private:
  std::vector<Name>& list_of(TableClass one) {
    return one == TableClass::moved ? out_.moved : one == TableClass::kept ? out_.kept : out_.shared;
  }

  void read_names() {
    std::vector<std::string> there;
    for (const auto& sequence : catalog_) there.push_back(sequence.name.text());
    for (const auto one : classes) {
      for (const auto& entry : selection_of(split_, one).sequences) {
        const auto name = parse_table_name(entry.text);
        if (!name) {
          out_.problems.push_back({entry.at, name.error().what, name.error().hint});
          continue;
        }
        named_.emplace(*name, one);
        if (std::find(there.begin(), there.end(), name->text()) != there.end()) continue;
        constexpr std::size_t most_compared = 10'000;
        std::vector<std::string> similar(
            there.begin(), there.begin() + static_cast<std::ptrdiff_t>(std::min(there.size(), most_compared)));
        const auto hint = did_you_mean(name->text(), similar);
        out_.problems.push_back({entry.at, fmt::format("the database has no sequence {}", name->text()),
                                 hint.starts_with("did") ? hint : "remove it or fix its name"});
      }
    }
  }

  void read_schemas() {
    for (const auto one : classes) {
      for (const auto& entry : selection_of(split_, one).schemas) {
        if (const auto schema = parse_schema_name(entry.text)) schemas_.emplace(*schema, one);
      }
    }
  }

  std::optional<TableClass> class_of(const CatalogSequence& sequence) {
    contested_ = false;
    if (const auto named = named_.find(sequence.name); named != named_.end()) return named->second;
    if (sequence.uses.contains(TableClass::moved)) return TableClass::moved;
    if (sequence.owner) return sequence.owner;
    if (sequence.of_extension) return std::nullopt;
    if (sequence.beside.contains(TableClass::moved)) return TableClass::moved;
    if (const auto pattern = by_pattern(sequence.name); pattern || contested_) return pattern;
    if (const auto schema = schemas_.find(sequence.name.schema); schema != schemas_.end()) return schema->second;
    for (const auto* users : {&sequence.uses, &sequence.beside}) {
      if (!users->empty()) return *users->begin();
    }
    return std::nullopt;
  }

  std::optional<TableClass> by_pattern(const Name& name) {
    const Selection::Entry* first = nullptr;
    TableClass of_first{};
    for (const auto one : classes) {
      for (const auto& entry : selection_of(split_, one).patterns) {
        if (!matches(entry.text, name.schema + "." + name.name)) continue;
        if (first == nullptr) {
          first = &entry;
          of_first = one;
        } else if (one != of_first) {
          contested_ = true;
          out_.problems.push_back({entry.at,
                                   fmt::format("the sequence {} is {} by {} and {} by {}", name.text(),
                                               word_of(of_first), shown(first->text), word_of(one), shown(entry.text)),
                                   "name the sequence itself under sequences of one class"});
          return std::nullopt;
        }
      }
    }
    return first == nullptr ? std::nullopt : std::optional(of_first);
  }

  const Split& split_;
  const std::vector<CatalogSequence>& catalog_;
  std::map<Name, TableClass> named_;
  std::map<std::string, TableClass> schemas_;
  bool contested_ = false;  // the last one is claimed by patterns of two classes
  ClassifiedSequences out_;
};

}  // namespace

ClassifiedSequences classify_sequences(const Split& split, const std::vector<CatalogSequence>& catalog) {
  return SequenceClassifier(split, catalog).run();
}

std::vector<Problem> problems_of_unclassified_sequences(const Split& split, const std::vector<Name>& sequences) {
  std::map<std::string, std::vector<std::string>> by_schema;
  for (const auto& sequence : sequences) by_schema[sequence.schema].push_back(sequence.text());
  std::vector<Problem> problems;
  for (const auto& [schema, names] : by_schema) {
    problems.push_back({{split.path, 0, 0},
                        fmt::format("{} of schema {} in no class, and no table uses {}: {}",
                                    names.size() == 1 ? "a sequence" : fmt::format("{} sequences", names.size()),
                                    schema, names.size() == 1 ? "it" : "them", fmt::join(names, ", ")),
                        fmt::format("say who calls nextval() on {}: sequences: [{}] under moved, kept or shared",
                                    names.size() == 1 ? "it" : "them", fmt::join(names, ", "))});
  }
  return problems;
}

}  // namespace pgcleave::config

#include "postgres/sequence_uses.h"

#include <cstdint>
#include <map>

#include "postgres/names_in_code.h"
#include "postgres/sequence_catalog.h"

namespace pgcleave::postgres {
namespace {

using NameSet = std::set<TableName>;

// Where thousands of functions call each other, each reaches all.
constexpr std::size_t most_followed = 64;

class UseFinder {
 public:
  explicit UseFinder(const SequenceCatalog& catalog) : catalog_(catalog) {
    for (const auto& entry : catalog.sequences) {
      sequence_names_.emplace(entry.name.name, entry.name);
      auto& use = uses_[entry.name];
      use.name = entry.name;
      use.owner = entry.owner;
      use.of_extension = entry.of_extension;
      if (entry.owner) use.uses.insert(*entry.owner);
    }
    for (const auto& program : catalog.programs) programs_[program.name].push_back(&program);
    for (const auto& [name, all] : programs_) function_names_.emplace(name.name, name);
    for (const auto& tie : catalog.ties) {
      if (tie.to == Tie::To::relation) views_[tie.from].insert(tie.name);
      if (tie.from_function && tie.to == Tie::To::sequence) of_function_[tie.from].insert(tie.name);
    }
    for (const auto& relation : catalog.relations) relation_names_.emplace(relation.name, relation);
  }

  std::vector<SequenceUse> run() {
    for (const auto& tie : catalog_.ties) {
      if (tie.from_function) continue;
      if (tie.to == Tie::To::sequence) use(tie.name, tables_of(tie.from));
      if (tie.to == Tie::To::function) use_all(sequences_behind(tie.name), tables_of(tie.from));
    }
    for (const auto& one : catalog_.textual) {
      const auto names = names_in_sql(one.sql);
      use_all(sequences_in(names), tables_of(one.on));
    }
    for (const auto& function : that_may_use_sequences()) {
      const auto body = body_with_calls(function, most_followed);
      for (const auto& sequence : body.sequences)
        uses_.at(sequence).beside.insert(body.written.begin(), body.written.end());
    }
    std::vector<SequenceUse> all;
    for (auto& [name, use] : uses_) all.push_back(std::move(use));
    return all;
  }

 private:
  using Names = std::multimap<std::string, TableName>;
  struct FunctionBody {
    NameSet sequences;
    NameSet written;
    NameSet calls;
  };

  // Without a schema: all of that name, since the search path of whoever calls is not known.
  static NameSet resolved(const Names& names, const Mention& mention) {
    NameSet found;
    const auto [first, last] = names.equal_range(mention.name);
    for (auto at = first; at != last; ++at) {
      if (mention.schema.empty() || mention.schema == at->second.schema) found.insert(at->second);
    }
    return found;
  }

  void use(const TableName& sequence, const NameSet& tables) {
    if (const auto found = uses_.find(sequence); found != uses_.end())
      found->second.uses.insert(tables.begin(), tables.end());
  }
  void use_all(const NameSet& sequences, const NameSet& tables) {
    for (const auto& sequence : sequences) use(sequence, tables);
  }

  // Itself, and for a view what it reads, also through other views.
  [[nodiscard]] NameSet tables_of(const TableName& relation) const {
    NameSet tables;
    NameSet seen;
    std::vector<TableName> open{relation};
    while (!open.empty()) {
      const auto next = open.back();
      open.pop_back();
      if (!seen.insert(next).second) continue;
      const auto view = views_.find(next);
      if (view == views_.end()) tables.insert(next);
      if (view != views_.end()) open.insert(open.end(), view->second.begin(), view->second.end());
    }
    return tables;
  }

  [[nodiscard]] NameSet sequences_in(const NamesInCode& names) const {
    NameSet found;
    const auto take = [&](const std::vector<Mention>& mentions) {
      for (const auto& mention : mentions) found.merge(resolved(sequence_names_, mention));
    };
    take(names.sequences);
    take(names.relations);  // SELECT last_value FROM ci.no
    if (!names.chooses_sequence) return found;
    take(names.words);
    for (const auto& text : names.strings) take(words_of(text));
    return found;
  }

  const FunctionBody& body_of(const TableName& function) {
    if (const auto done = bodies_.find(function); done != bodies_.end()) return done->second;
    FunctionBody body;
    if (const auto known = of_function_.find(function); known != of_function_.end()) body.sequences = known->second;
    if (const auto found = programs_.find(function); found != programs_.end()) {
      NamesInCode names;
      for (const auto* overload : found->second) names.add(names_in_program(*overload));
      body.sequences.merge(sequences_in(names));
      for (const auto& mention : names.functions) body.calls.merge(resolved(function_names_, mention));
      for (const auto& word : names.words) body.calls.merge(resolved(function_names_, word));
      for (const auto& mention : names.relations) {
        if (!mention.written) continue;
        for (const auto& relation : resolved(relation_names_, mention)) body.written.merge(tables_of(relation));
      }
    }
    return bodies_[function] = std::move(body);
  }

  // With those of the functions that it calls, the nearest first, and at most so many.
  FunctionBody body_with_calls(const TableName& function, std::size_t most) {
    FunctionBody all;
    std::vector<TableName> open{function};
    all.calls.insert(function);
    for (std::size_t at = 0; at < open.size() && at < most; ++at) {
      const auto& body = body_of(open[at]);
      all.sequences.insert(body.sequences.begin(), body.sequences.end());
      all.written.insert(body.written.begin(), body.written.end());
      for (const auto& call : body.calls) {
        if (all.calls.insert(call).second) open.push_back(call);
      }
    }
    return all;
  }

  const NameSet& sequences_behind(const TableName& function) {
    if (const auto done = behind_.find(function); done != behind_.end()) return done->second;
    return behind_[function] = body_with_calls(function, SIZE_MAX).sequences;
  }

  // By their words, which costs less than parsing all: those that name a sequence, and those that name one of these.
  [[nodiscard]] NameSet that_may_use_sequences() const {
    std::map<std::string, NameSet> named_by;
    for (const auto& program : catalog_.programs) {
      for (const auto& word : words_of(program.source.empty() ? program.definition : program.source)) {
        if (sequence_names_.contains(word.name) || function_names_.contains(word.name))
          named_by[word.name].insert(program.name);
      }
    }
    NameSet found;
    std::vector<std::string> open;
    for (const auto& [name, sequence] : sequence_names_) open.push_back(name);
    for (const auto& [function, sequences] : of_function_) {
      found.insert(function);
      open.push_back(function.name);
    }
    while (!open.empty()) {
      const auto name = open.back();
      open.pop_back();
      for (const auto& function : named_by[name]) {
        if (found.insert(function).second) open.push_back(function.name);
      }
    }
    return found;
  }

  const SequenceCatalog& catalog_;
  std::map<TableName, SequenceUse> uses_;
  std::map<TableName, std::vector<const Program*>> programs_;
  std::map<TableName, NameSet> views_;
  std::map<TableName, NameSet> of_function_;  // that its arguments' defaults or its parsed body depend on
  Names sequence_names_;
  Names function_names_;
  Names relation_names_;
  std::map<TableName, FunctionBody> bodies_;  // of functions that were read
  std::map<TableName, NameSet> behind_;
};

}  // namespace

Result<std::vector<SequenceUse>> sequence_uses(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto catalog, sequence_catalog(connection, deadline));
  return UseFinder(catalog).run();
}

}  // namespace pgcleave::postgres

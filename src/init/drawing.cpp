#include "init/drawing.h"

#include <algorithm>

#include "base/counted.h"
#include "base/format.h"

namespace pgcleave::init {
namespace {

using postgres::TableName;

constexpr std::size_t most_named = 12;
constexpr std::size_t most_sets = 8;

// What goes with the moved tables of one schema.
struct Part {
  std::size_t tables = 0;
  std::size_t of = 0;  // all tables of the schema
  std::size_t partitions = 0;
  std::size_t sequences = 0;
  std::vector<std::string> ties;
};

std::map<std::string, Part> parts_of(const Made& made) {
  std::map<std::string, Part> parts;
  const auto& moved = made.choice.moved;
  for (const auto& table : moved) ++parts[table.schema].tables;
  for (const auto& table : made.found.graph.tables) {
    if (const auto part = parts.find(table.schema); part != parts.end()) ++part->second.of;
  }
  for (const auto& table : made.found.catalog.tables) {
    if (table.kind == postgres::TableKind::partition && moved.contains(table.root))
      ++parts[table.root.schema].partitions;
  }
  for (const auto& sequence : made.found.catalog.sequences) {
    const auto user = std::find_if(sequence.uses.begin(), sequence.uses.end(),
                                   [&](const auto& table) { return moved.contains(table); });
    if (user != sequence.uses.end()) ++parts[user->schema].sequences;
  }
  for (const auto& key : made.found.catalog.keys) {
    if (moved.contains(key.from) && moved.contains(key.to) && key.from != key.to)
      parts[key.from.schema].ties.push_back(fmt::format("{} → {}", key.from.sql(), key.to.sql()));
  }
  return parts;
}

class Tree {
 public:
  void branch(const std::string& title, const std::vector<std::string>& leaves, bool last) {
    lines_.push_back(fmt::format("{} {}", last ? "└─" : "├─", printable(title)));
    const auto* const stem = last ? "   " : "│  ";
    for (std::size_t i = 0; i < leaves.size() && i < most_named; ++i) {
      const bool ends = i + 1 == leaves.size();
      lines_.push_back(fmt::format("{}{} {}", stem, ends ? "└─" : "├─", printable(leaves[i])));
    }
    if (leaves.size() > most_named) lines_.push_back(fmt::format("{}└─ and {} more", stem, leaves.size() - most_named));
  }
  std::vector<std::string> lines_;
};

std::vector<std::string> crossing_lines(const checks::Findings& findings) {
  std::vector<std::string> lines;
  for (const auto& finding : findings) lines.push_back(fmt::format("{}: {}", finding.object, finding.evidence));
  return lines;
}

std::vector<std::string> names_of(const std::vector<TableName>& tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.sql());
  return names;
}

// The words that choose a set; "" where single tables have to be named.
std::string options_for(const Candidate& candidate, const std::vector<TableName>& all) {
  const auto naming = naming_of({candidate.tables.begin(), candidate.tables.end()}, all);
  std::string words;
  if (!naming.schemas.empty()) words += fmt::format(" --moved-schemas {}", fmt::join(naming.schemas, ","));
  for (const auto* texts : {&naming.patterns, &naming.tables}) {
    for (const auto& text : *texts) words += fmt::format(" --moved-tables '{}'", text);
  }
  return words;
}

}  // namespace

std::vector<std::string> drawn(const Made& made) {
  Tree tree;
  tree.lines_.push_back(fmt::format("split {}: {} of {} move to {}{}", made.split.name, made.choice.moved.size(),
                                    counted(made.found.graph.tables.size(), "table"), made.found.target.scope,
                                    made.choice.why.empty() ? "" : "; proposed: " + printable(made.choice.why)));
  for (const auto& [schema, part] : parts_of(made))
    tree.branch(fmt::format("schema {}: {} of {}, {}, {}", schema, part.tables, counted(part.of, "table"),
                            counted(part.partitions, "partition"), counted(part.sequences, "sequence")),
                part.ties, false);
  const auto along = tied_to(made.found.graph, made.choice.moved);
  if (!along.empty())
    tree.branch(fmt::format("hangs together with it and stays: {}", counted(along.size(), "table")), names_of(along),
                false);
  const auto crossing = crossing_lines(made.crossing);
  tree.branch(crossing.empty() ? "nothing crosses the line" : fmt::format("crosses the line: {}", crossing.size()),
              crossing, true);
  return std::move(tree.lines_);
}

std::vector<std::string> other_sets(const Made& made) {
  constexpr std::size_t longest_options = 300;
  std::vector<std::string> lines;
  for (const auto& candidate : made.candidates) {
    if (std::set(candidate.tables.begin(), candidate.tables.end()) == made.choice.moved) continue;
    const auto options = options_for(candidate, made.found.graph.tables);
    if (options.size() > longest_options) continue;
    lines.push_back(fmt::format("{}, cuts {}:{}", counted(candidate.tables.size(), "table"),
                                counted(candidate.crossing.size(), "tie"), printable(options)));
    if (lines.size() == most_sets) break;
  }
  return lines;
}

Json proposal_json(const Made& made) {
  Json sets = Json::array();
  for (const auto& candidate : made.candidates) {
    if (sets.size() == most_sets) break;
    sets.push_back({{"why", candidate.why}, {"tables", names_of(candidate.tables)}, {"cuts", candidate.crossing}});
  }
  Json crossing = Json::array();
  for (const auto& finding : made.crossing) crossing.push_back(checks::json_of(finding));
  return {{"split", made.split.name},
          {"why", made.choice.why},
          {"moved", names_of({made.choice.moved.begin(), made.choice.moved.end()})},
          {"stays_tied", names_of(tied_to(made.found.graph, made.choice.moved))},
          {"crossing", crossing},
          {"sets", sets}};
}

}  // namespace pgcleave::init

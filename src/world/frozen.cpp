#include "world/frozen.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"

namespace pgcleave::world {
namespace {

using fence::FrozenSplit;

void add(FrozenSplit& frozen, const std::vector<postgres::Table>& tables,
         const std::map<postgres::TableName, std::uint32_t>& oids, const char* of_class) {
  for (const auto& table : tables) {
    const auto root = oids.find(table.root);
    frozen.tables.push_back({table.oid, table.name, of_class, root == oids.end() ? table.oid : root->second});
  }
}

Error not_proven(const World& world, const std::string& what, const std::string& seen) {
  return {ErrorKind::not_ready,
          "split " + world.split.name,
          what,
          "what was in the split, written down on both sides by the run that did it",
          seen,
          "look at each table yourself before you empty it by hand; or roll the split back, and do it again with this "
          "version",
          ""};
}

using ClassByName = std::map<postgres::TableName, std::string>;

ClassByName by_name(const SplitTables& tables) {
  ClassByName classes;
  for (const auto& table : tables.moved) classes[table.name] = "moved";
  for (const auto& table : tables.kept) classes[table.name] = "kept";
  for (const auto& table : tables.shared) classes[table.name] = "shared";
  return classes;
}

std::string class_in(const ClassByName& classes, const postgres::TableName& table) {
  const auto found = classes.find(table);
  return found == classes.end() ? "" : found->second;
}

}  // namespace

FrozenSplit to_freeze(const World& world, const SplitTables& tables) {
  FrozenSplit frozen{world.run.id, world.run.epoch, world.split_file.text, {}};
  std::map<postgres::TableName, std::uint32_t> oids;
  for (const auto* part : {&tables.moved, &tables.kept, &tables.shared}) {
    for (const auto& table : *part) oids[table.name] = table.oid;
  }
  add(frozen, tables.moved, oids, "moved");
  add(frozen, tables.kept, oids, "kept");
  add(frozen, tables.shared, oids, "shared");
  std::sort(frozen.tables.begin(), frozen.tables.end());
  return frozen;
}

bool same_split(const FrozenSplit& one, const FrozenSplit& other) {
  return one.run == other.run && one.text == other.text && one.tables == other.tables;
}

Json json_of(const std::optional<FrozenSplit>& frozen) {
  if (!frozen) return {};
  Json tables = Json::array();
  for (const auto& table : frozen->tables) {
    tables.push_back(
        {{"class", table.of_class}, {"schema", table.name.schema}, {"name", table.name.name}, {"oid", table.oid}});
    if (table.root != table.oid) tables.back()["root"] = table.root;
  }
  return {{"run", frozen->run}, {"epoch", frozen->epoch}, {"text", frozen->text}, {"tables", tables}};
}

std::optional<FrozenSplit> frozen_from_json(const Json& frozen) {
  if (!frozen.is_object()) return {};
  FrozenSplit split{frozen.value("run", ""), frozen.value("epoch", 0), frozen.value("text", ""), {}};
  for (const auto& table : frozen.value("tables", Json::array())) {
    const auto oid = table.value("oid", std::uint32_t{0});
    split.tables.push_back({oid,
                            {table.value("schema", ""), table.value("name", "")},
                            table.value("class", ""),
                            table.value("root", oid)});
  }
  return split;
}

Result<FrozenSplit> frozen_by_the_split(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(auto* target, world.target.leader(deadline));
  TRY_ASSIGN(auto on_source, fence::frozen_split(*source, world.split.name, deadline));
  TRY_ASSIGN(const auto on_target, fence::frozen_split(*target, world.split.name, deadline));
  if (!on_source || !on_target) {
    return fail(not_proven(world, "does not prove which tables were in it",
                           fmt::format("nothing on {}: an older version did it, or the list was removed",
                                       !on_source ? world.source.label() : world.target.label())));
  }
  if (!same_split(*on_source, *on_target))
    return fail(not_proven(world, "has another list of its tables on each side",
                           fmt::format("run {} on {}, run {} on {}", on_source->run, world.source.label(),
                                       on_target->run, world.target.label())));
  TRY_ASSIGN(const auto run, fence::run_that_split(*target, world.split.name, deadline));
  if (run != on_source->run)
    return fail(not_proven(world, "was done by another run than the one that wrote down its tables",
                           fmt::format("run {} wrote them down, run {} gave ownership to {}", on_source->run,
                                       run.empty() ? "(none)" : run, world.target.label())));
  return *on_source;
}

std::vector<std::string> changes_since(const FrozenSplit& frozen, const FrozenSplit& now) {
  std::vector<std::string> changes;
  for (const auto& table : now.tables) {
    const auto* was = frozen.find(table.oid);
    if (was == nullptr && table.of_class == "moved") changes.push_back(table.name.sql() + " came since");
    if (was == nullptr || *was == table) continue;
    if (was->of_class != table.of_class)
      changes.push_back(fmt::format("{} is {} and was {}{}", table.name.sql(), table.of_class, was->of_class,
                                    was->name == table.name ? "" : " as " + was->name.sql()));
    else if (table.of_class == "moved")
      changes.push_back(was->name == table.name ? table.name.sql() + " was attached or detached as a partition"
                                                : fmt::format("{} was {}", table.name.sql(), was->name.sql()));
  }
  for (const auto& table : frozen.tables) {
    if (table.of_class == "moved" && now.find(table.oid) == nullptr) changes.push_back(table.name.sql() + " is gone");
  }
  return changes;
}

Result<std::vector<std::string>> reclassified(World& world, const FrozenSplit& frozen, Deadline deadline) {
  const auto file = config::read_split(world.split_file.path, frozen.text);
  if (!file.value) {
    return fail({ErrorKind::not_ready, "split " + world.split.name, "was done in words that this version can't read",
                 "", file.problems.empty() ? "" : file.problems.front().text(), "", ""});
  }
  auto then = unopened_world(world.environment, *file.value);
  std::set<std::string> found;
  for (auto* side : {&world.source, &world.target}) {
    TRY_ASSIGN(auto* leader, side->leader(deadline));
    TRY_ASSIGN(const auto catalog, postgres::tables(*leader, deadline));
    TRY_ASSIGN(const auto today, tables_on(world, *side, deadline));
    TRY_ASSIGN(const auto by_words_of_then, tables_on(then, *side, deadline));
    const auto now = by_name(today.split);
    const auto was = by_name(by_words_of_then.split);
    for (const auto& table : catalog) {
      const auto* frozen_table = frozen.find(table.oid);
      const auto class_then = frozen_table != nullptr ? frozen_table->of_class : class_in(was, table.name);
      const auto class_now = class_in(now, table.name);
      if (class_then.empty() || class_then == class_now) continue;
      found.insert(fmt::format("{} {} {} when it was split, and is {} by {}", table.name.sql(),
                               frozen_table != nullptr ? "was" : "would have been", class_then,
                               class_now.empty() ? "in no class" : class_now, world.split_file.path));
    }
  }
  return std::vector<std::string>(found.begin(), found.end());
}

}  // namespace pgcleave::world

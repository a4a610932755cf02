#include "world/link.h"

#include <algorithm>

#include "base/format.h"
#include "fence/canary.h"

namespace pgcleave::world {
namespace {

std::string object_name(const World& world, const char* end) {
  return fmt::format("pgcleave_{}_{}", world.split.name, end);
}

std::string link_name(const World& world, Direction direction) {
  return object_name(world, name_of(direction));
}

}  // namespace

const char* name_of(Direction direction) {
  switch (direction) {
    case Direction::forward: return "forward";
    case Direction::reverse: return "reverse";
  }
  return "";
}

Result<Direction> direction_named(const std::string& text) {
  for (const auto direction : {Direction::forward, Direction::reverse}) {
    if (text == name_of(direction)) return direction;
  }
  return fail({ErrorKind::invalid, "", fmt::format("'{}' is not a direction", printable(text)), "forward or reverse",
               "", "", ""});
}

Link link_of(World& world, Direction direction) {
  auto& from = direction == Direction::forward ? world.source : world.target;
  return {link_name(world, direction), from, world.other(from), fence::canary_of(world.split.name, from.which())};
}

Link forward_link(World& world) {
  return link_of(world, Direction::forward);
}

Link reverse_link(World& world) {
  return link_of(world, Direction::reverse);
}

Link link_into(World& world, Side& to) {
  return to.which() == fence::Owner::target ? forward_link(world) : reverse_link(world);
}

std::vector<std::string> link_names(const World& world) {
  return {link_name(world, Direction::forward), link_name(world, Direction::reverse)};
}

std::string wal_slot(const World& world) {
  return object_name(world, "rewind");
}

std::vector<postgres::TableName> published(const World& world, const Link& link) {
  auto tables = world.split.with_rows();
  tables.push_back(link.canary);
  std::sort(tables.begin(), tables.end());
  return tables;
}

}  // namespace pgcleave::world

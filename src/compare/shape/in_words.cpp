#include <array>

#include "base/format.h"
#include "compare/shape/shape.h"

namespace pgcleave::compare {

const char* name_of(ShapeKind kind) {
  static constexpr std::array names{"table",     "column",    "not null",     "default",       "identity",
                                    "generated", "collation", "partitioning", "constraint",    "index",
                                    "trigger",   "rule",      "policy",       "row security",  "replica identity",
                                    "owner",     "grant",     "sequence",     "sequence value"};
  static_assert(names.size() == static_cast<std::size_t>(ShapeKind::sequence_value) + 1);
  return names.at(static_cast<std::size_t>(kind));
}

namespace {

// "index builds_state", "default of id", "grant to app"
std::string thing_in_words(ShapeKind kind, const std::string& name) {
  if (name.empty()) return name_of(kind);
  switch (kind) {
    case ShapeKind::not_null:
    case ShapeKind::default_value:
    case ShapeKind::identity:
    case ShapeKind::generated:
    case ShapeKind::collation: return fmt::format("{} of {}", name_of(kind), name);
    case ShapeKind::grant: return fmt::format("{} to {}", name_of(kind), name);
    case ShapeKind::sequence_value: return fmt::format("sequence {}", name);
    default: return fmt::format("{} {}", name_of(kind), name);
  }
}

}  // namespace

std::string ShapeDifference::in_words(const Labels& labels) const {
  const auto thing = thing_in_words(kind, name);
  if (kind == ShapeKind::sequence_value)
    return fmt::format("{} of {} gives out a key that is there", thing, labels.original);
  switch (what) {
    case Kind::missing: return fmt::format("{} is missing on {}", thing, labels.copy);
    case Kind::extra: return fmt::format("{} is on {} only", thing, labels.copy);
    case Kind::changed: break;
  }
  return thing + " differs";
}

std::string ShapeDifference::table_in_words() const {
  return table.name.empty() ? "the database" : table.sql();
}

Json ShapeDifference::json_without_definitions() const {
  return {{"table", table.name.empty() ? "" : table.sql()},
          {"kind", name_of(kind)},
          {"name", name},
          {"what", compare::name_of(what)}};
}

Json ShapeDifference::json() const {
  auto json = json_without_definitions();
  json["original"] = original;
  json["copy"] = copy;
  json["repair"] = repair;
  json["repair_on"] = on_original ? "original" : "copy";
  return json;
}

Json ComparedShape::json(bool with_definitions) const {
  Json list = Json::array();
  for (const auto& one : differences) list.push_back(with_definitions ? one.json() : one.json_without_definitions());
  return {{"not_compared", not_compared}, {"differences", list}, {"notes", notes}};
}

}  // namespace pgcleave::compare

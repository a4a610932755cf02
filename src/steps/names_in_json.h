// Tables in `before`: what undo has to go by in another process.
#pragma once

#include <vector>

#include "base/json.h"
#include "postgres/catalog.h"

namespace pgcleave::steps {

inline Json names_in_json(const std::vector<postgres::TableName>& tables) {
  Json names = Json::array();
  for (const auto& table : tables) names.push_back({{"schema", table.schema}, {"name", table.name}});
  return names;
}

inline std::vector<postgres::TableName> names_from_json(const Json& names) {
  std::vector<postgres::TableName> tables;
  for (const auto& name : names) tables.push_back({name.at("schema"), name.at("name")});
  return tables;
}

}  // namespace pgcleave::steps

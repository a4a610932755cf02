#include "compare/table_state.h"

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::compare {
namespace {

Json json_of(const std::optional<std::string>& key) {
  return key ? Json(*key) : Json(nullptr);
}

std::optional<std::string> key_in(const Json& json) {
  return json.is_string() ? std::optional(json.get<std::string>()) : std::nullopt;
}

}  // namespace

Json TableState::json() const {
  Json blocks_open = Json::array();
  for (const auto& block : open) blocks_open.push_back(Json::array({json_of(block.after), json_of(block.to)}));
  return {
      {"shape", shape}, {"cursor", json_of(cursor)}, {"all_taken", all_taken},  {"open", blocks_open}, {"size", size},
      {"rows", rows},   {"blocks", blocks},          {"read_again", read_again}};
}

Json parent_state() {
  return {{"parent", true}};
}

TableState table_state_in(const Json& json) {
  TableState state;
  if (!json.is_object()) return state;
  state.shape = text_in(json, "shape");
  if (json.contains("cursor")) state.cursor = key_in(json.at("cursor"));
  state.all_taken = truth_in(json, "all_taken");
  for (const auto& block : json.value("open", Json::array())) {
    if (block.is_array() && block.size() == 2) state.open.push_back({key_in(block[0]), key_in(block[1])});
  }
  state.size = whole_in(json, "size");
  state.rows = whole_in(json, "rows");
  state.blocks = whole_in(json, "blocks");
  state.read_again = whole_in(json, "read_again");
  state.parent = truth_in(json, "parent");
  return state;
}

std::string shape_text(const ComparedTable& table) {
  std::vector<std::string> columns;
  for (const auto& column : table.columns) columns.push_back(column.name + " " + column.type);
  return fmt::format("oid {}, {} ({}): {}", table.leaf.oid, table.sorted_alike ? "by key" : "as a whole",
                     table.key.text(), fmt::join(columns, ", "));
}

}  // namespace pgcleave::compare

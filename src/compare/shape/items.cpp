#include "base/format.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

constexpr int version_18 = 180000;
constexpr int version_17 = 170000;

// As name_of() writes them.
std::optional<ShapeKind> kind_named(const std::string& name) {
  for (int n = 0; n <= static_cast<int>(ShapeKind::sequence_value); ++n) {
    if (name == name_of(static_cast<ShapeKind>(n))) return static_cast<ShapeKind>(n);
  }
  return std::nullopt;
}

std::set<std::string> words_in(const std::string& json) {
  const auto list = Json::parse(json, nullptr, false);
  std::set<std::string> words;
  if (!list.is_array()) return words;
  for (const auto& word : list) {
    if (word.is_string()) words.insert(word.get<std::string>());
  }
  return words;
}

std::string text_of(const Grants& grants) {
  std::vector<std::string> words;
  for (const auto& word : grants.privileges)
    words.push_back(word + (grants.grantable.contains(word) ? " WITH GRANT OPTION" : ""));
  return fmt::format("{}", fmt::join(words, ", "));
}

ShapeItem item_in(const postgres::Rows& rows, std::size_t row, ShapeKind kind) {
  ShapeItem item;
  item.table = {rows.text(row, "schema"), rows.text(row, "relation")};
  item.kind = kind;
  item.name = rows.text(row, "name");
  if (kind == ShapeKind::grant) {
    item.grants = Grants{rows.text(row, "object"), rows.text(row, "sequence"), rows.text(row, "role"),
                         words_in(rows.text(row, "granted")), words_in(rows.text(row, "grantable"))};
    item.definition = text_of(*item.grants);
    return item;
  }
  item.definition = rows.text(row, "definition");
  item.state = rows.text(row, "state");
  item.make = rows.text(row, "make");
  item.unmake = rows.text(row, "unmake");
  item.set_state = rows.text(row, "set_state");
  return item;
}

void add_items(const postgres::Rows& rows, ShapeItems& items) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (const auto kind = kind_named(rows.text(row, "kind"))) {
      auto item = item_in(rows, row, *kind);
      items.insert_or_assign({item.table, item.kind, item.name}, std::move(item));
    }
  }
}

}  // namespace

std::string ShapeItem::text() const {
  return definition + (definition.empty() || state.empty() ? "" : ", ") + state;
}

BothKnow both_know(int one_version, int other_version) {
  const auto older = std::min(one_version, other_version);
  return {older >= version_18, older >= version_17};
}

Result<BothItems> read_items(Pair& pair, const std::vector<postgres::TableName>& tables, Deadline deadline) {
  const auto both = both_know(pair.original().server_version(), pair.copy().server_version());
  const auto head = tables_sql(tables);
  BothItems items;
  for (const auto& sql :
       {column_items_sql(head, both), table_items_sql(head), constraint_items_sql(head, both), index_items_sql(head),
        trigger_items_sql(head), policy_items_sql(head), sequence_items_sql(head), grant_items_sql(head, both)}) {
    TRY_ASSIGN(const auto answers, pair.ask(sql, deadline));
    add_items(answers.original, items.original);
    add_items(answers.copy, items.copy);
  }
  return items;
}

}  // namespace pgcleave::compare

#include "postgres/sql/sql.h"

#include <pg_query.h>

#include <algorithm>
#include <set>

#include "base/fields.h"

namespace pgcleave::postgres {
namespace {

// Levels of the tree: beyond, the text is not read. Building it takes time by their square, since an ordered_json that
// grows copies.
constexpr int deepest = 2'000;

// Of the tree as text, before it is built.
bool is_too_deep(const std::string& tree) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < tree.size(); ++at) {
    const char c = tree[at];
    if (in_text && c == '\\') ++at;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if ((c == '{' || c == '[') && ++depth > deepest) return true;
    if (c == '}' || c == ']') --depth;
  }
  return false;
}

// Where the parser's tree, which it hands over as JSON, is gone through once.
class Walk {
 public:
  explicit Walk(Statement& statement) : out_(statement) {}

  bool run(const Json& tree) {
    visit(tree, 0);
    std::erase_if(out_.relations,
                  [&](const Mention& one) { return one.schema.empty() && defined_.contains(one.name); });
    return !too_deep_;
  }

 private:
  void visit(const Json& node, int depth) {
    if (depth > deepest) {
      too_deep_ = true;
      return;
    }
    if (node.is_array()) {
      for (const auto& each : node) visit(each, depth + 1);
    } else if (node.is_object()) {
      if (node.contains("relname")) return relation(node, false);
      for (const auto& [key, value] : node.items()) inspect(key, value, depth);
    }
  }

  void inspect(const std::string& key, const Json& value, int depth) {
    if (key == "FuncCall") function(value);
    if (key == "TypeCast" && is_regclass(value)) sequence(member(&value, "arg"));
    if (key == "CommonTableExpr") defined_.insert(value.value("ctename", ""));
    if (key == "A_Const" && value.contains("sval")) out_.strings.push_back(value["sval"].value("sval", ""));
    const bool into_one = key == "InsertStmt" || key == "UpdateStmt" || key == "DeleteStmt" || key == "MergeStmt" ||
                          (key == "CopyStmt" && value.value("is_from", false));
    if (into_one && value.contains("relation")) relation(value["relation"], true);
    if (key == "TruncateStmt" && value.contains("relations")) {
      for (const auto& each : value["relations"]) {
        if (each.contains("RangeVar")) relation(each["RangeVar"], true);
      }
    }
    visit(value, depth + 1);
  }

  void relation(const Json& node, bool written) {
    out_.relations.push_back({node.value("schemaname", ""), node.value("relname", ""), written});
  }

  void function(const Json& call) {
    if (!call.contains("funcname")) return;
    std::vector<std::string> parts;
    for (const auto& part : call["funcname"]) {
      if (part.contains("String")) parts.push_back(part["String"].value("sval", ""));
    }
    if (parts.empty()) return;
    static const std::set<std::string> of_sequences{"nextval", "setval", "currval", "pg_sequence_last_value",
                                                    "to_regclass"};
    const auto* arguments = of_sequences.contains(parts.back()) ? member(&call, "args") : nullptr;
    if (arguments != nullptr && !arguments->empty() && !sequence(&arguments->front())) out_.chooses_sequence = true;
    if (parts.front() == "pg_catalog") return;
    out_.functions.push_back({parts.size() > 1 ? parts.front() : "", parts.back(), false});
  }

  // Null where there is none. Not a copy: trees are deep.
  static const Json* member(const Json* node, const char* key) {
    if (node == nullptr || !node->is_object()) return nullptr;
    const auto found = node->find(key);
    return found == node->end() ? nullptr : &*found;
  }

  static bool is_regclass(const Json& cast) {
    const auto* names = member(member(&cast, "typeName"), "names");
    return names != nullptr && names->is_array() && !names->empty() && names->back().contains("String") &&
           text_in(names->back()["String"], "sval") == "regclass";
  }

  // False: no constant says which one.
  bool sequence(const Json* argument) {
    while (const auto* cast = member(argument, "TypeCast")) argument = member(cast, "arg");
    const auto* text = member(member(argument, "A_Const"), "sval");
    if (text == nullptr) return false;
    const auto names = words_of(text_in(*text, "sval"));
    if (names.size() == 1) out_.sequences.push_back(names.front());
    return names.size() == 1;
  }

  Statement& out_;
  std::set<std::string> defined_;
  bool too_deep_ = false;
};

StatementKind kind_of(const std::string& node) {
  if (node == "SelectStmt") return StatementKind::select;
  if (node == "InsertStmt") return StatementKind::insert;
  if (node == "UpdateStmt") return StatementKind::update;
  if (node == "DeleteStmt") return StatementKind::remove;
  if (node == "MergeStmt") return StatementKind::merge;
  if (node == "CopyStmt") return StatementKind::copy;
  if (node == "TruncateStmt") return StatementKind::truncate;
  return StatementKind::other;
}

Error unreadable(const std::string& why) {
  return {ErrorKind::invalid, "", "the parser of PostgreSQL " PG_MAJORVERSION " does not read it", "", why, "", ""};
}

void collect_queries(const Json& node, std::vector<std::string>& queries, int depth) {
  if (depth > deepest) return;
  if (node.is_array()) {
    for (const auto& each : node) collect_queries(each, queries, depth + 1);
  } else if (node.is_object()) {
    for (const auto& [key, value] : node.items()) {
      if (key == "PLpgSQL_expr") queries.push_back(value.value("query", ""));
      collect_queries(value, queries, depth + 1);
    }
  }
}

Result<Json> tree_of(const std::string& text) {
  const auto parsed = pg_query_parse(text.c_str());
  const std::string why = (parsed.error != nullptr) ? parsed.error->message : "";
  const std::string tree = (parsed.error != nullptr) ? "" : parsed.parse_tree;
  const bool failed = parsed.error != nullptr;
  pg_query_free_parse_result(parsed);
  if (failed) return fail(unreadable(why));
  if (is_too_deep(tree)) return fail(unreadable("it is nested too deeply"));
  auto json = Json::parse(tree, nullptr, false);
  if (json.is_discarded()) return fail(unreadable("its tree is not JSON"));
  return json;
}

bool has_option(const Json& options, const std::string& name) {
  return std::any_of(options.begin(), options.end(),
                     [&](const Json& option) { return text_in(object_in(option, "DefElem"), "defname") == name; });
}

// libpg_query 18.0.0 writes one brace too many behind each variable of a trigger that it knows by itself, such as
// TG_OP.
std::string without_stray_braces(const std::string& json) {
  std::string out;
  std::string open;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '}' && !quoted && (open.empty() || open.back() != '{')) continue;
    out += c;
    if (quoted && c == '\\' && i + 1 < json.size()) out += json[++i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{' || c == '[') open += c;
    if ((c == '}' || c == ']') && !open.empty()) open.pop_back();
  }
  return out;
}

// pg_query_parse_plpgsql of libpg_query 15 aborts the process at a function without AS or LANGUAGE, and at a DO without
// a text.
bool is_whole(const Json& node, int depth) {
  if (depth > deepest) return false;
  for (const auto& [key, value] : node.items()) {
    if (key == "CreateFunctionStmt" &&
        !(has_option(list_in(value, "options"), "as") && has_option(list_in(value, "options"), "language")))
      return false;
    if (key == "DoStmt" && !has_option(list_in(value, "args"), "as")) return false;
    if (value.is_structured() && !is_whole(value, depth + 1)) return false;
  }
  return true;
}

}  // namespace

Result<std::vector<Statement>> parse_sql(const std::string& text) {
  TRY_ASSIGN(const auto json, tree_of(text));
  std::vector<Statement> statements;
  for (const auto& each : json.value("stmts", Json::array())) {
    const auto& node = each.contains("stmt") ? each["stmt"] : each;
    Statement statement;
    if (!node.empty()) statement.kind = kind_of(node.items().begin().key());
    if (!Walk(statement).run(node)) return fail(unreadable("it is nested too deeply"));
    statements.push_back(std::move(statement));
  }
  return statements;
}

Result<std::vector<std::string>> queries_of_plpgsql(const std::string& create_function) {
  TRY_ASSIGN(const auto whole, tree_of(create_function));
  if (!is_whole(whole, 0)) return fail(unreadable("a function without a body"));
  const auto parsed = pg_query_parse_plpgsql(create_function.c_str());
  const std::string why = (parsed.error != nullptr) ? parsed.error->message : "";
  const std::string tree = (parsed.error != nullptr) || (parsed.plpgsql_funcs == nullptr) ? "" : parsed.plpgsql_funcs;
  pg_query_free_plpgsql_parse_result(parsed);
  if (!why.empty()) return fail(unreadable(why));
  if (is_too_deep(tree)) return fail(unreadable("it is nested too deeply"));
  auto json = Json::parse(tree, nullptr, false);
  if (json.is_discarded()) json = Json::parse(without_stray_braces(tree), nullptr, false);
  if (json.is_discarded()) return fail(unreadable("its tree is not JSON"));
  std::vector<std::string> queries;
  collect_queries(json, queries, 0);
  return queries;
}

}  // namespace pgcleave::postgres

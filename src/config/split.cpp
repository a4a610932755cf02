#include "config/split.h"

#include <map>

#include "base/format.h"
#include "config/schema.h"
#include "config/table_name.h"

namespace pgcleave::config {
namespace {

// In which class something was named first: naming it again, in any class, is a mistake.
using Seen = std::map<std::string, Place>;

class SelectionReader {
 public:
  explicit SelectionReader(Problems& problems) : problems_(problems) {}

  Selection read(const Entry* entry) {
    Selection out;
    if (entry == nullptr || entry->value.kind == Node::Kind::null) return out;
    Fields fields(entry->value, entry->key, entry->at, problems_);
    for (const auto* item : fields.list("tables"))
      add(*item, "a table", out.tables, tables_, [](const std::string& text) {
        return parse_table_name(text).map([](const Name& name) { return name.text(); });
      });
    for (const auto* item : fields.list("sequences"))
      add(*item, "a sequence", out.sequences, sequences_, [](const std::string& text) {
        return parse_table_name(text).map([](const Name& name) { return name.text(); });
      });
    for (const auto* item : fields.list("schemas")) add(*item, "a schema", out.schemas, schemas_, parse_schema_name);
    for (const auto* item : fields.list("patterns")) add(*item, "a pattern", out.patterns, patterns_, check_pattern);
    fields.finish();
    return out;
  }

 private:
  static Result<std::string> check_pattern(const std::string& text) {
    constexpr std::size_t longest_bytes = 256;
    const Error error{ErrorKind::invalid,
                      "",
                      fmt::format("{} is not a pattern", shown(text)),
                      "schema.table with * and ?, such as ci.p_*, at most 256 bytes",
                      "",
                      "",
                      ""};
    if (text.size() > longest_bytes || text.find('.') == std::string::npos) return fail(error);
    return text;
  }

  template <class Check>
  void add(const Node& node, const std::string& what, std::vector<Selection::Entry>& entries, Seen& seen, Check check) {
    if (problems_.full()) return;
    const auto text = read_text(node, what, problems_);
    if (!text) return;
    const Result<std::string> name = check(*text);
    if (!name) return problems_.add(node.at, name.error());
    const auto [first, fresh] = seen.emplace(*name, node.at);
    if (!fresh) {
      problems_.add(node.at, fmt::format("{} is named twice", shown(*text)),
                    fmt::format("the first is at {}", problems_.position(first->second).text()));
    }
    entries.push_back({*text, problems_.position(node.at)});
  }

  Problems& problems_;
  Seen tables_;
  Seen sequences_;
  Seen schemas_;
  Seen patterns_;
};

void read_top(const Node& root, Split& split, Problems& problems) {
  Fields top(root, "the split", root.at, problems);
  if (!top.is_map()) return;
  read_version(top, "split", problems);
  split.name = top.required_text("name");
  constexpr std::size_t longest_name = 31;
  if (const auto* entry = top.optional("name");
      entry != nullptr && !split.name.empty() && !is_word(split.name, longest_name)) {
    problems.add(entry->value.at, fmt::format("{} is not a name for a split", shown(split.name)),
                 "use small letters, digits and _, a letter first, at most 31 characters");
  }
  // The fence of a split kept_x would have the name of what locks the kept tables of a split x.
  if (const auto* entry = top.optional("name"); entry != nullptr && split.name.starts_with("kept_")) {
    problems.add(entry->value.at, fmt::format("{} is not a name for a split", shown(split.name)),
                 "choose one that does not begin with kept_");
  }
  SelectionReader reader(problems);
  const auto* moved = top.required("moved");
  split.moved = reader.read(moved);
  split.kept = reader.read(top.optional("kept"));
  split.shared = reader.read(top.optional("shared"));
  top.finish();
  const bool nothing = split.moved.tables.empty() && split.moved.schemas.empty() && split.moved.patterns.empty();
  if (moved != nullptr && nothing && problems.empty())
    problems.add(moved->at, "moved names no table", "add tables, schemas or patterns");
}

}  // namespace

Read<Split> read_split(const std::string& path, const std::string& text) {
  Problems problems(path);
  Split split;
  split.path = path;
  split.text = text;
  if (const auto root = parse_yaml(text, problems)) read_top(*root, split, problems);
  if (!problems.empty()) return {std::nullopt, problems.sorted()};
  return {std::move(split), {}};
}

}  // namespace pgcleave::config

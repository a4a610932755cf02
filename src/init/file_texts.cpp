#include "init/file_texts.h"

#include <algorithm>

#include "base/file.h"
#include "base/format.h"
#include "base/json.h"
#include "config/json_schema.h"
#include "config/table_name.h"
#include "init/login.h"

namespace pgcleave::init {
namespace {

// Names that the split file gives: those that were asked for as they stand, the rest as the catalog tells.
Naming moved_naming(const Asked& asked, const Found& found, const Choice& choice) {
  Naming named;
  named.schemas = asked.schemas;
  auto rest = choice.moved;
  for (const auto& pattern : asked.patterns) {
    const auto fits = [&](const auto& table) { return config::matches(pattern, table.schema + "." + table.name); };
    if (std::none_of(rest.begin(), rest.end(), fits)) continue;
    named.patterns.push_back(pattern);
    std::erase_if(rest, fits);
  }
  for (const auto& text : asked.schemas) {
    const auto schema = config::parse_schema_name(text);
    std::erase_if(rest, [&](const auto& table) { return schema && table.schema == *schema; });
  }
  const auto more = naming_of(rest, found.graph.tables);
  named.schemas.insert(named.schemas.end(), more.schemas.begin(), more.schemas.end());
  named.patterns.insert(named.patterns.end(), more.patterns.begin(), more.patterns.end());
  named.tables = more.tables;
  return named;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::vector<std::string> values;
  for (const auto& text : texts) values.push_back(yaml_value(text));
  return fmt::format("[{}]", fmt::join(values, ", "));
}

std::string entries(const Naming& naming, const std::vector<std::string>& sequences) {
  std::string text;
  const auto add = [&](const char* key, const std::vector<std::string>& texts) {
    if (!texts.empty()) text += fmt::format("  {}: {}\n", key, list_of(texts));
  };
  add("schemas", naming.schemas);
  add("patterns", naming.patterns);
  add("tables", naming.tables);
  add("sequences", sequences);
  return text;
}

std::string modeline(const char* kind) {
  return fmt::format("# yaml-language-server: $schema={}.schema.json\n", kind);
}

std::string passfile_skeleton(const Asked& asked, const Found& found) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& host, const std::string& port, const std::string& database,
                       const std::string& user) {
    auto line = passfile_line(host, port, database, user) + ":";
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  };
  for (const auto* cluster : {&found.source, &found.target}) {
    for (const auto& member : cluster->view.members)
      add(member.host, std::to_string(member.port), found.pools.database, asked.user);
  }
  for (const auto& bouncer : found.bouncers) add(bouncer.at.host, bouncer.at.port, "pgbouncer", asked.admin());
  return fmt::format("# Put the password behind the last colon of each line that needs one.\n{}\n",
                     fmt::join(lines, "\n"));
}

}  // namespace

std::string yaml_value(const std::string& text) {
  const bool plain = !text.empty() &&
                     text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_-./") == std::string::npos &&
                     text.front() != '-' && text.front() != '.';
  static const std::vector<std::string> words{"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool number = text.find_first_not_of("0123456789.") == std::string::npos && !text.starts_with("0.") &&
                      std::count(text.begin(), text.end(), '.') < 3;
  const bool other = std::find(words.begin(), words.end(), lower) != words.end() || number;
  return plain && !other ? text : to_text(Json(text));
}

SplitTexts split_texts(const Asked& asked, const Found& found, const Choice& choice) {
  SplitTexts texts;
  texts.moved = moved_naming(asked, found, choice);
  texts.why = choice.why;
  texts.crossing = crossing_of(found.graph, choice.moved);
  std::set<std::string> kept;
  for (const auto& table : found.graph.tables) {
    if (!choice.moved.contains(table)) kept.insert(table.schema);
  }
  for (const auto& schema : kept) {
    const auto whole = config::Name{schema, "x"}.text();
    texts.kept_schemas.push_back(whole.substr(0, whole.size() - 2));
  }
  for (const auto& table : found.catalog.tables) {
    if (table.kind != postgres::TableKind::partition && !table.extension.empty())
      texts.shared_tables.push_back(config::Name{table.name.schema, table.name.name}.text());
  }
  return texts;
}

std::string split_name(const std::string& scope) {
  constexpr std::size_t longest = 31;
  std::string name;
  for (const unsigned char c : scope) name += std::isalnum(c) != 0 ? static_cast<char>(std::tolower(c)) : '_';
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name[0])) == 0) name = "split_" + name;
  if (name.starts_with("kept_")) name = "split_" + name;
  return name.substr(0, longest);
}

std::string split_text(const std::string& name, const SplitTexts& texts) {
  auto text = modeline("split") +
              fmt::format(
                  "# Which tables move to the target, which stay. The more specific wins: a table's name, then "
                  "a\n# pattern, then a schema. Written by pgcleave init{}.\nsplit: 1\nname: {}\n",
                  texts.why.empty() ? "" : "; its proposal: " + printable(texts.why), yaml_value(name));
  constexpr std::size_t most_shown = 10;
  for (std::size_t i = 0; i < texts.crossing.size() && i < most_shown; ++i)
    text += fmt::format("# crosses the line: {}\n", printable(texts.crossing[i]));
  if (texts.crossing.size() > most_shown) text += fmt::format("# and {} more\n", texts.crossing.size() - most_shown);
  text += "moved:  # fenced on both sides; one of them owns them\n" + entries(texts.moved, texts.moved_sequences);
  const auto kept = entries({texts.kept_schemas, {}, {}}, {});
  text += kept.empty() ? "kept: {}\n" : "kept:  # stay with the source; locked on the target\n" + kept;
  const auto shared = entries({{}, {}, texts.shared_tables}, {});
  text += shared.empty() ? "shared: {}  # of both sides, each its own; nothing is replicated\n"
                         : "shared:  # of extensions: of both sides, each its own; nothing is replicated\n" + shared;
  return text;
}

std::vector<FileText> file_texts(const Asked& asked, const Found& found, const SplitTexts& split) {
  std::vector<FileText> files{{environment_file, environment_text(asked, found), false, ""},
                              {split_file, split_text(split_name(found.target.scope), split), false, ""},
                              {"environment.schema.json", to_text(config::environment_schema(), 2) + "\n", false, ""},
                              {"split.schema.json", to_text(config::split_schema(), 2) + "\n", false, ""}};
  if (passfile_of(asked).empty()) files.push_back({passfile, passfile_skeleton(asked, found), true, ""});
  files.push_back({replication_secret, "", true, "not known yet\n"});
  if (found.source.asks_password || found.target.asks_password)
    files.push_back({rest_secret, "", true, "not known yet\n"});
  return files;
}

}  // namespace pgcleave::init

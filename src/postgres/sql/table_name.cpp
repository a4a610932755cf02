#include <optional>

#include "base/format.h"
#include "postgres/catalog.h"
#include "postgres/sql/reserved_words.h"

namespace pgcleave::postgres {
namespace {

constexpr std::size_t name_limit_bytes = 63;  // NAMEDATALEN - 1

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// One half of a name, as PostgreSQL's lexer reads it. Stops at the first byte that doesn't belong to it.
std::optional<std::string> take_part(const std::string& text, std::size_t& at) {
  std::string part;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size(); ++at) {
      if (text[at] == '"') {
        if (at + 1 >= text.size() || text[at + 1] != '"') {
          ++at;
          return part;
        }
        ++at;
      }
      part += text[at];
    }
    return std::nullopt;
  }
  while (at < text.size() && (is_letter(text[at]) || (!part.empty() && (is_digit(text[at]) || text[at] == '$')))) {
    const char c = text[at++];
    part += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return part;
}

bool is_plain(const std::string& name) {
  if (name.empty() || ((name[0] < 'a' || name[0] > 'z') && name[0] != '_')) return false;
  for (const char c : name) {
    if ((c < 'a' || c > 'z') && c != '_' && !is_digit(c)) return false;
  }
  return !is_reserved_word(name);
}

std::string quoted_where_needed(const std::string& name) {
  return is_plain(name) ? name : quote_identifier(name);
}

}  // namespace

std::string TableName::sql() const {
  return quoted_where_needed(schema) + "." + quoted_where_needed(name);
}

Result<TableName> parse_table_name(const std::string& text) {
  const auto refuse = [&](const std::string& seen) {
    Error error;
    error.kind = ErrorKind::invalid;
    error.what = fmt::format("'{}' is not a table's name", text);
    error.expected = "schema.table, in double quotes what holds more than letters, digits and _";
    error.seen = seen;
    return fail(error);
  };
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (true) {
    const auto part = take_part(text, at);
    if (!part) return refuse("a double quote that is not closed");
    if (part->empty())
      return refuse(at < text.size() ? fmt::format("'{}' at byte {}", text[at], at + 1) : "an empty name");
    if (part->find('\0') != std::string::npos) return refuse("a NUL byte");
    if (part->size() > name_limit_bytes)
      return refuse(fmt::format("{} bytes, of which PostgreSQL keeps 63", part->size()));
    parts.push_back(*part);
    if (at == text.size()) break;
    if (text[at] != '.') return refuse(fmt::format("'{}' at byte {}", text[at], at + 1));
    ++at;
  }
  if (parts.size() > 2) return refuse(fmt::format("{} parts", parts.size()));
  if (parts.size() == 1) return TableName{"public", parts[0]};
  return TableName{parts[0], parts[1]};
}

NameArrays name_arrays(const std::vector<TableName>& tables) {
  std::vector<std::string> schemas;
  std::vector<std::string> names;
  for (const auto& table : tables) {
    schemas.push_back(table.schema);
    names.push_back(table.name);
  }
  return {array_literal(schemas), array_literal(names)};
}

}  // namespace pgcleave::postgres

#include "config/table_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/format.h"
#include "config/problems.h"

namespace pgcleave::config {

namespace {

constexpr std::size_t longest_name_bytes = 63;  // NAMEDATALEN - 1

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) >= 0x80);
}

bool continues_name(char c) {
  return begins_name(c) || (c >= '0' && c <= '9') || c == '$';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

Error malformed(const std::string& text, const std::string& what) {
  return {ErrorKind::invalid,
          "",
          fmt::format("{} is not a name in SQL syntax: {}", shown(text), what),
          "",
          "",
          "write ci.builds, or with double quotes what is not in small letters: ci.\"Weird Name\"",
          ""};
}

// Reads one identifier from `at` on and moves behind it.
Result<std::string> read_identifier(const std::string& text, std::size_t& at) {
  std::string out;
  if (at < text.size() && text[at] == '"') {
    for (++at;; ++at) {
      if (at >= text.size()) return fail(malformed(text, "there is no closing quote"));
      if (text[at] == '"') {
        ++at;
        if (at >= text.size() || text[at] != '"') break;
      }
      out += text[at];
    }
  } else {
    if (at >= text.size() || !begins_name(text[at]))
      return fail(malformed(text, fmt::format("no name begins at its character {}", at + 1)));
    while (at < text.size() && continues_name(text[at])) out += lower(text[at++]);
  }
  if (out.empty()) return fail(malformed(text, "a name is empty"));
  if (out.size() > longest_name_bytes) {
    return fail(
        malformed(text, fmt::format("a name has {} bytes, PostgreSQL keeps {}", out.size(), longest_name_bytes)));
  }
  return out;
}

Result<std::vector<std::string>> read_parts(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (true) {
    TRY_ASSIGN(auto part, read_identifier(text, at));
    parts.push_back(std::move(part));
    if (at == text.size()) return parts;
    if (text[at] != '.') return fail(malformed(text, fmt::format("its character {} does not belong there", at + 1)));
    ++at;
  }
}

std::string identifier(const std::string& name) {
  const bool plain = !name.empty() && (begins_name(name[0]) && static_cast<unsigned char>(name[0]) < 0x80) &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return continues_name(c) && c != '$' && static_cast<unsigned char>(c) < 0x80 && lower(c) == c;
                     });
  if (plain) return name;
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string Name::text() const {
  return identifier(schema) + "." + identifier(name);
}

Result<Name> parse_table_name(const std::string& text) {
  TRY_ASSIGN(auto parts, read_parts(text));
  if (parts.size() > 2) return fail(malformed(text, "it has more than a schema and a table"));
  if (parts.size() == 1) return Name{"public", parts[0]};
  return Name{parts[0], parts[1]};
}

Result<std::string> parse_schema_name(const std::string& text) {
  TRY_ASSIGN(auto parts, read_parts(text));
  if (parts.size() > 1) return fail(malformed(text, "it has more than a schema"));
  return parts[0];
}

namespace {

// Behind the UTF-8 character that begins at `at`.
std::size_t after_character(const std::string& text, std::size_t at) {
  for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;) ++at;
  return at;
}

}  // namespace

bool matches(const std::string& pattern, const std::string& text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string::npos;  // the last * seen; an earlier one never has to be tried again
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = after_character(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = resume = after_character(text, resume);
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace pgcleave::config

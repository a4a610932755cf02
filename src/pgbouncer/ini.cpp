#include "pgbouncer/ini.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string("_.-*").find(c) != std::string::npos;
}

class Scanner {
 public:
  Scanner(const std::string& path, const std::string& text) : path_(path), text_(text) {}

  Result<std::vector<IniLine>> scan() {
    if (const auto nul = text_.find('\0'); nul != std::string::npos)
      return fail(wrong(nul, "holds a NUL byte", "text", "\\0"));
    while (true) {
      skip(is_space);
      if (done()) return std::move(lines_);
      if (text_.compare(at_, 8, "%include") == 0 && at_ + 8 < text_.size() && is_blank(text_[at_ + 8])) {
        include();
      } else if (text_[at_] == '#' || text_[at_] == ';') {
        at_ = end_of_line();
      } else if (text_[at_] == '[') {
        TRY(section());
      } else {
        TRY(entry());
      }
    }
  }

 private:
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t end_of_line() const { return std::min(text_.find('\n', at_), text_.size()); }
  [[nodiscard]] int line_of(std::size_t place) const {
    return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
  }

  [[nodiscard]] Error wrong(std::size_t place, const std::string& what, const std::string& expected,
                            const std::string& seen) const {
    return {ErrorKind::invalid, fmt::format("{}:{}", path_, line_of(place)), what, expected, seen, "", ""};
  }

  template <class Kind>
  void skip(Kind kind) {
    while (!done() && kind(text_[at_])) ++at_;
  }

  Span rest_of_line() {
    Span span{at_, end_of_line()};
    at_ = span.end;
    while (span.end > span.begin && is_space(text_[span.end - 1])) --span.end;
    return span;
  }

  void include() {
    const int number = line_of(at_);
    at_ += 8;
    skip(is_blank);
    lines_.push_back({IniLine::Kind::include, rest_of_line().of(text_), {}, number});
  }

  Result<void> section() {
    const auto end = text_.find(']', at_);
    if (end > end_of_line()) return fail(wrong(at_, "the section's name is not closed", "]", rest_of_line().of(text_)));
    lines_.push_back({IniLine::Kind::section, text_.substr(at_ + 1, end - at_ - 1), {}, line_of(at_)});
    at_ = end + 1;
    return {};
  }

  // 'a quoted key' came with PgBouncer 1.20; an older one stops there. A double quote has never been read.
  Result<void> entry() {
    const auto start = at_;
    IniLine entry{IniLine::Kind::entry, "", {}, line_of(start)};
    if (text_[at_] == '\'') {
      const auto end = text_.find('\'', at_ + 1);
      if (end == std::string::npos || end == at_ + 1) return fail(not_an_entry(start));
      entry.name = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else {
      skip(is_key);
      entry.name = text_.substr(start, at_ - start);
    }
    skip(is_blank);
    if (entry.name.empty() || done() || text_[at_] != '=') return fail(not_an_entry(start));
    ++at_;
    skip(is_blank);
    entry.value = rest_of_line();
    lines_.push_back(std::move(entry));
    return {};
  }

  Error not_an_entry(std::size_t start) {
    at_ = start;
    // Only the key: the rest of such a line may hold a password.
    const auto line = rest_of_line().of(text_);
    return wrong(start, "PgBouncer can't read this line", "key = value, [section], %include or a comment",
                 line.substr(0, line.find('=')));
  }

  const std::string& path_;
  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<IniLine> lines_;
};

Error not_a_connection(const std::string& what, const std::string& key) {
  return {ErrorKind::invalid, "", what, "key=value pairs, ' doubled inside '...'", key, "", ""};
}

}  // namespace

Result<std::vector<IniLine>> scan_ini(const std::string& path, const std::string& text) {
  return Scanner(path, text).scan();
}

Result<std::vector<ConnectionPart>> scan_connection(const std::string& text) {
  std::vector<ConnectionPart> parts;
  std::size_t at = 0;
  const auto skip_spaces = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  while (true) {
    skip_spaces();
    if (at >= text.size()) return parts;
    ConnectionPart part;
    part.whole.begin = at;
    while (at < text.size() && text[at] != '=' && text[at] != ' ') ++at;
    part.key = text.substr(part.whole.begin, at - part.whole.begin);
    skip_spaces();
    if (at >= text.size() || text[at] != '=' || part.key.empty()) {
      return fail(not_a_connection("a word without = in the connection string", part.key));
    }
    ++at;
    skip_spaces();
    part.place.begin = at;
    bool quoted = false;
    if (at < text.size() && text[at] == '\'') {
      for (++at; at < text.size() && (text[at] != '\'' || text.compare(at, 2, "''") == 0); ++at) {
        if (text[at] == '\'') ++at;
        part.value += text[at];
      }
      if (at >= text.size()) return fail(not_a_connection("a quote in the connection string is not closed", part.key));
      ++at;
      quoted = true;
    } else {
      while (at < text.size() && text[at] != ' ') part.value += text[at++];
    }
    if (part.value.empty()) return fail(not_a_connection("an empty value in the connection string", part.key));
    part.place.end = at;
    if (quoted && at < text.size() && text[at] != ' ')
      ++at;  // PgBouncer cuts the value there, whatever stands behind it (loader.c, 1.18)
    part.whole.end = at;
    parts.push_back(std::move(part));
  }
}

std::string connection_value(const std::string& value, bool quoted) {
  if (!quoted && value.find_first_of(" '") == std::string::npos) return value;
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace pgcleave::pgbouncer

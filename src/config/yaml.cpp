#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/format.h"
#include "config/tree_builder.h"

namespace pgcleave::config {

namespace {

constexpr std::size_t largest_file_bytes = 1U << 20;

Place place(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

class Events : public YAML::EventHandler {
 public:
  Events(const std::string& text, TreeBuilder& builder) : text_(text), builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      builder_.refuse(place(mark), "text after the end of the document", "a file holds one document, without ---");
  }
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    builder_.null(place(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    if (tag == "!" && !is_closed(static_cast<std::size_t>(mark.pos)))
      builder_.refuse(place(mark), "the quote is never closed");
    builder_.scalar(place(mark), value, tag == "!");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    builder_.begin(place(mark), Node::Kind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    builder_.begin(place(mark), Node::Kind::map);
  }
  void OnSequenceEnd() override { builder_.end(); }
  void OnMapEnd() override { builder_.end(); }

 private:
  void refuse_anchor(const YAML::Mark& mark) {
    builder_.refuse(place(mark), "anchors and aliases (& and *) are not part of the language",
                    "write the value out, or put text that begins with & or * in quotes");
  }
  // yaml-cpp gives "?" for plain and "!" for quoted and block scalars.
  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) refuse_anchor(mark);
    if (!tag.empty() && tag != "?" && tag != "!") {
      builder_.refuse(place(mark), "tags (!) are not part of the language", "put text that begins with ! in quotes");
    }
  }

  // yaml-cpp 0.7 accepts a quoted scalar that the end of the file cuts off after a line end: half a file would pass for
  // a whole one.
  [[nodiscard]] bool is_closed(std::size_t at) const {
    const char quote = at < text_.size() ? text_[at] : '|';
    if (quote != '"' && quote != '\'') return true;  // a block scalar
    for (++at; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 == text_.size() || text_[at + 1] != quote) return true;
        ++at;
      }
    }
    return false;
  }

  const std::string& text_;
  TreeBuilder& builder_;
  int documents_ = 0;
};

std::string line_of(const std::string& text, int line) {
  std::istringstream in(text);
  std::string out;
  for (int i = 0; i <= line && std::getline(in, out); ++i) continue;
  return out;
}

std::string hint_for(const YAML::Mark& mark, const std::string& text) {
  // The two mistakes that every author makes once: the braces of an expression begin a map, and yaml-cpp 0.7 ends text
  // at a ? inside brackets, which YAML 1.2 allows.
  const auto line = mark.line < 0 ? "" : line_of(text, mark.line);
  if (line.find("${") != std::string::npos) return "put text with ${...} in double quotes";
  const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
  if (column < line.size() && line[column] == '?') return "inside [] and {} put text with ? in double quotes";
  return "look at the indentation, quotes and brackets here and in the line above";
}

void report(const YAML::Exception& error, const std::string& text, Problems& problems) {
  problems.add(error.mark.line < 0 ? Place{} : place(error.mark), "not YAML: " + error.msg, hint_for(error.mark, text));
}

bool parse(const std::string& text, TreeBuilder& builder, Problems& problems) {
  Events events(text, builder);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    if (parser.HandleNextDocument(events)) parser.HandleNextDocument(events);
    return true;
  } catch (const Stopped&) {
    return false;
  } catch (const YAML::Exception& error) {
    report(error, text, problems);
  } catch (const std::exception& error) {
    problems.add({}, fmt::format("not YAML: {}", error.what()));
  }
  return false;
}

// Without the byte order mark and the carriage returns of other systems, so that the parser's offsets are those of the
// text.
std::string normalized(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::erase(text, '\r');
  return text;
}

}  // namespace

const Entry* Node::entry(const std::string& key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& each) { return each.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const char* kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "text";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "nothing";
}

std::optional<Node> parse_yaml(const std::string& text, Problems& problems) {
  if (text.size() > largest_file_bytes) {
    problems.add({}, fmt::format("the file has {} bytes, more than 1 MiB", text.size()));
    return std::nullopt;
  }
  if (!check_characters(text, problems)) return std::nullopt;
  TreeBuilder builder(problems);
  if (!parse(normalized(text), builder, problems)) return std::nullopt;
  auto root = builder.take();
  if (!root) problems.add({1, 1}, "the file is empty");
  return root;
}

namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
Character decode(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {};
    code = code << 6U | (byte(at + i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {};
  return {code, bytes};
}

bool is_control(char32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0);
}

bool changes_direction(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F;
}

bool report(Place at, Character seen, Problems& problems) {
  if (seen.bytes == 0) {
    problems.add(at, "the file is not UTF-8", "save it in UTF-8");
  } else if (seen.code == '\t') {
    problems.add(at, "a tab", "use spaces, or \\t in double quotes");
  } else if (is_control(seen.code)) {
    problems.add(at, fmt::format("the control character U+{:04X}", static_cast<unsigned>(seen.code)), "remove it");
  } else {
    problems.add(at,
                 fmt::format("the invisible character U+{:04X} changes the direction of the text",
                             static_cast<unsigned>(seen.code)),
                 "remove it");
  }
  return false;
}

}  // namespace

bool check_characters(const std::string& text, Problems& problems) {
  constexpr int longest_line = 64 * 1024;
  Place at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto seen = decode(text, i);
    const bool line_end = seen.code == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    const bool refused =
        seen.bytes == 0 || seen.code == '\t' || (is_control(seen.code) && !line_end) || changes_direction(seen.code);
    if (refused) return report(at, seen, problems);
    i += seen.bytes;
    at = seen.code == '\n' ? Place{at.line + 1, 1} : Place{at.line, at.column + static_cast<int>(seen.bytes)};
    if (at.column > longest_line) {
      problems.add({at.line, 1}, "the line is longer than 65536 bytes", "write it over several lines");
      return false;
    }
  }
  return true;
}

bool has_control_character(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto seen = decode(text, i);
    if (seen.bytes == 0 || is_control(seen.code) || changes_direction(seen.code)) return true;
    i += seen.bytes;
  }
  return false;
}

}  // namespace pgcleave::config

#include "mutation.h"

namespace pgcleave::fuzz {
namespace {

const std::vector<std::string> pieces{std::string(1, '\0'),
                                      "\n",
                                      "\r\n",
                                      "\t",
                                      "\"",
                                      "'",
                                      "''",
                                      "\\",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "[[[[[[[[",
                                      "{{{{{{{{",
                                      ":",
                                      ": ",
                                      "- ",
                                      "#",
                                      "&a",
                                      "*a",
                                      "<<: *a",
                                      "!!int ",
                                      "---\n",
                                      "...\n",
                                      "%include ",
                                      "%",
                                      "${",
                                      "${params.x}",
                                      "$${",
                                      "}",
                                      "null",
                                      "true",
                                      "~",
                                      "0755",
                                      "1e309",
                                      "-1",
                                      "0",
                                      "4294967296",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1e-400",
                                      ".inf",
                                      "NaN",
                                      "\xff",
                                      "\xc3\x28",
                                      "\xed\xa0\x80",
                                      "\xe2\x80\xae",
                                      "\xc2\x9b",
                                      "\x1b[31m",
                                      "\x1b]0;x\x07",
                                      "\xef\xbb\xbf",
                                      "  ",
                                      "(",
                                      ")",
                                      "((((((((",
                                      " and ",
                                      " or ",
                                      "not ",
                                      "==",
                                      "<=",
                                      ";",
                                      "/*",
                                      "--",
                                      "$$",
                                      "E'",
                                      "FFFFFFFF/FFFFFFFF",
                                      "99999999999999999999ms",
                                      "{}",
                                      "[]",
                                      "\"\"",
                                      ",",
                                      "=",
                                      "host=",
                                      "../../../etc/passwd"};

}  // namespace

void Mutation::once(std::string& text, const std::vector<std::string>& corpus) {
  const auto at = below(text.size() + 1);
  const auto length = below(std::min<std::size_t>(text.size() - at, 64) + 1);
  switch (below(9)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(below(256));
      break;
    case 2: text.erase(at, length); break;
    case 3: text.insert(at, text.substr(at, length)); break;
    case 4: text.resize(at); break;
    case 5: {
      const auto& other = corpus[below(corpus.size())];
      const auto from = below(other.size() + 1);
      text.insert(at, other.substr(from, below(256)));
      break;
    }
    case 6: {
      // One piece many times: depth and length.
      const auto& piece = pieces[below(pieces.size())];
      std::string many;
      for (auto left = below(64) + 1; left > 0; --left) many += piece;
      text.insert(at, many);
      break;
    }
    case 7: text.replace(at, length, pieces[below(pieces.size())]); break;
    default: text.insert(at, pieces[below(pieces.size())]);
  }
}

std::string Mutation::next(const std::vector<std::string>& corpus) {
  std::string text = corpus[below(corpus.size())];
  for (auto times = below(6) + 1; times > 0; --times) once(text, corpus);
  if (text.size() > largest_) text.resize(largest_);
  return text;
}

}  // namespace pgcleave::fuzz

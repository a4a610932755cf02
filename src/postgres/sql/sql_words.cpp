#include <cctype>

#include "postgres/sql/sql.h"

namespace pgcleave::postgres {
namespace {

class Scanner {
 public:
  explicit Scanner(const std::string& text) : text_(text) {}

  std::vector<Mention> run() {
    while (at_ < text_.size()) {
      if (starts("--")) {
        skip_past("\n");
      } else if (starts("/*")) {
        skip_past("*/");
      } else if (text_[at_] == '"' || begins_a_word(text_[at_])) {
        name();
      } else if (std::isdigit(byte(text_[at_])) != 0) {
        while (at_ < text_.size() && goes_on(text_[at_])) ++at_;
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  static unsigned char byte(char c) { return static_cast<unsigned char>(c); }
  static bool begins_a_word(char c) { return std::isalpha(byte(c)) != 0 || c == '_' || byte(c) >= 0x80; }
  static bool goes_on(char c) { return begins_a_word(c) || std::isdigit(byte(c)) != 0 || c == '$'; }
  [[nodiscard]] bool starts(const char* what) const { return text_.compare(at_, 2, what) == 0; }
  void skip_past(const char* what) {
    const auto end = text_.find(what, at_ + 2);
    at_ = end == std::string::npos ? text_.size() : end + 1;
  }

  std::string part() {
    std::string out;
    if (text_[at_] == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) out += text_[at_];
      if (at_ < text_.size()) ++at_;
      return out;
    }
    for (; at_ < text_.size() && goes_on(text_[at_]); ++at_) out += static_cast<char>(std::tolower(byte(text_[at_])));
    return out;
  }

  void name() {
    const auto first = part();
    const bool joined =
        at_ + 1 < text_.size() && text_[at_] == '.' && (text_[at_ + 1] == '"' || begins_a_word(text_[at_ + 1]));
    if (!joined) {
      found_.push_back({"", first, false});
      return;
    }
    ++at_;
    found_.push_back({first, part(), false});
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<Mention> found_;
};

}  // namespace

std::vector<Mention> words_of(const std::string& text) {
  return Scanner(text).run();
}

}  // namespace pgcleave::postgres

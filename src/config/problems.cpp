#include "config/problems.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/format.h"
#include "base/similar.h"

namespace pgcleave::config {

namespace {

constexpr std::size_t longest_word_bytes = 64;
constexpr std::size_t longest_list = 12;

}  // namespace

void Problems::add(Place at, std::string what, std::string hint) {
  if (full()) return;
  if (found_.size() == limit) {
    what = "there are more problems than these";
    hint = "fix these first";
  }
  found_.push_back({position(at), std::move(what), std::move(hint)});
}

void Problems::add(Place at, const Error& error) {
  add(at, error.what, error.hint.empty() && !error.expected.empty() ? "write " + error.expected : error.hint);
}

std::vector<Problem> Problems::sorted() const {
  auto out = found_;
  const auto place = [](const Problem& problem) { return std::tie(problem.at.line, problem.at.column); };
  const auto end = full() ? out.end() - 1 : out.end();
  std::stable_sort(out.begin(), end, [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
  return out;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() <= longest_word_bytes) {
    const auto best = closest(word, candidates);
    if (!best.empty()) return fmt::format("did you mean '{}'?", best);
  }
  if (candidates.empty() || candidates.size() > longest_list) return "";
  return fmt::format("there is: {}", fmt::join(candidates, ", "));
}

std::string shown(const std::string& word) {
  if (word.size() <= longest_word_bytes) return "'" + word + "'";
  auto end = longest_word_bytes;
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) --end;
  return "'" + word.substr(0, end) + "...'";
}

std::string Position::text() const {
  return line == 0 ? printable(file) : fmt::format("{}:{}:{}", printable(file), line, column);
}

std::string Problem::text() const {
  auto out = at.text() + ": " + printable(what);
  if (!hint.empty()) out += "\n  " + printable(hint);
  return out;
}

Json Problem::json() const {
  return {{"file", at.file}, {"line", at.line}, {"column", at.column}, {"what", what}, {"hint", hint}};
}

}  // namespace pgcleave::config

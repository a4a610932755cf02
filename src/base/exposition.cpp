#include "base/exposition.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave {
namespace {

std::string escaped(const std::string& text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void Exposition::add(const std::string& name, const std::string& help, const Labels& labels, double value) {
  auto metric = std::find_if(metrics_.begin(), metrics_.end(), [&](const auto& one) { return one.name == name; });
  if (metric == metrics_.end()) metric = metrics_.insert(metrics_.end(), {name, help, {}});
  std::vector<std::string> words;
  for (const auto& [label, text] : labels) words.push_back(fmt::format("{}=\"{}\"", label, escaped(text, true)));
  metric->samples.push_back(
      fmt::format("{}{} {}", name, words.empty() ? "" : fmt::format("{{{}}}", fmt::join(words, ",")), value));
}

std::string Exposition::text() const {
  std::string out;
  for (const auto& metric : metrics_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", metric.name, escaped(metric.help, false), metric.name);
    for (const auto& sample : metric.samples) out += sample + "\n";
  }
  return out;
}

}  // namespace pgcleave

#include <algorithm>
#include <cctype>

#include "base/format.h"
#include "config/access.h"

namespace pgcleave::config {
namespace {

bool is_url(const std::string& text) {
  const auto scheme = text.starts_with("https://") ? 8U : text.starts_with("http://") ? 7U : 0U;
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string(".-_:[]/").find(static_cast<char>(c)) != std::string::npos;
  };
  return scheme != 0 && text.size() > scheme && text[scheme] != '/' &&
         std::all_of(text.begin() + scheme, text.end(), allowed);
}

}  // namespace

PrometheusAccess read_prometheus(const Node& node, Problems& problems) {
  PrometheusAccess out;
  Fields fields(node, "prometheus", node.at, problems);
  if (const auto* url = fields.required("url")) {
    out.url = read_text(url->value, "url", problems).value_or("");
    while (out.url.ends_with('/')) out.url.pop_back();
    if (out.url.find('@') != std::string::npos) {
      out.url.clear();
      problems.add(url->value.at, "the url of prometheus holds credentials",
                   "let it in by its address, or put a proxy in front that adds them");
    } else if (!out.url.empty() && !is_url(out.url)) {
      problems.add(url->value.at, fmt::format("{} is not the address of a Prometheus", shown(out.url)),
                   "write http://host:9090");
    }
  }
  if (const auto* queries = fields.required_map("queries")) {
    if (queries->entries.empty()) problems.add(queries->at, "queries is empty", "write name: a query in PromQL");
    for (const auto& entry : queries->entries) {
      if (!is_word(entry.key)) {
        problems.add(entry.at, fmt::format("{} is not a name for a query", shown(entry.key)),
                     "use small letters, digits and _, a letter first");
        continue;
      }
      const auto query = read_text(entry.value, "query '" + entry.key + "'", problems).value_or("");
      if (query.empty()) continue;
      out.queries[entry.key] = query;
    }
  }
  fields.finish();
  return out;
}

}  // namespace pgcleave::config

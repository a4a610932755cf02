#include "watch/prometheus.h"

#include <algorithm>

#include "base/format.h"
#include "base/json.h"
#include "rest/client.h"

namespace pgcleave::watch {
namespace {

constexpr std::size_t most_results = 50;  // a query that was meant to be an aggregate must not fill the file

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", static_cast<unsigned>(c));
  }
  return out;
}

// [time, "value"], the value as text since JSON knows no NaN.
std::optional<double> value_in(const Json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[1].is_string()) return {};
  const auto text = pair[1].get<std::string>();
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() ? std::nullopt : std::optional(value);
}

std::string labels_of(const Json& metric) {
  std::string text;
  if (!metric.is_object()) return text;
  for (const auto& [key, value] : metric.items()) {
    if (!value.is_string()) continue;
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", key, value.get<std::string>());
  }
  return printable("{" + text + "}");
}

Error no_numbers(const std::string& name, const std::string& seen) {
  return {ErrorKind::failed,
          "prometheus query " + name,
          "gave no numbers",
          "an instant vector or a scalar",
          printable(seen.substr(0, 200)),
          "",
          ""};
}

class PrometheusNumbers : public Source {
 public:
  explicit PrometheusNumbers(const config::PrometheusAccess& access)
      : Source("prometheus"), queries_(access.queries), client_(access.url, {}) {
    const auto path = access.url.find('/', access.url.find("://") + 3);
    if (path != std::string::npos) prefix_ = access.url.substr(path);
  }

  // One query that fails does not keep the others from being told; if all do, the first says why.
  Result<Numbers> read(Deadline deadline) override {
    Numbers numbers;
    std::optional<Error> first;
    for (const auto& [name, query] : queries_) {
      auto read = one(name, query, deadline);
      if (read) numbers.insert(numbers.end(), read->begin(), read->end());
      if (!read && !first) first = read.error();
    }
    if (numbers.empty() && first) return fail(*first);
    return numbers;
  }

 private:
  Result<Numbers> one(const std::string& name, const std::string& query, Deadline deadline) {
    TRY_ASSIGN(const auto answer, client_.get(prefix_ + "/api/v1/query?query=" + percent_encoded(query), deadline));
    return read_answer(name, answer.body);
  }

  std::map<std::string, std::string> queries_;
  rest::Client client_;
  std::string prefix_;
};

}  // namespace

Result<Numbers> read_answer(const std::string& name, const std::string& body) {
  const auto answer = Json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("data") || !answer["data"].is_object()) {
    const bool told = answer.is_object() && answer.contains("error") && answer["error"].is_string();
    return fail(no_numbers(name, told ? answer["error"].get<std::string>() : body));
  }
  const auto result = answer["data"].value("result", Json());
  Numbers numbers;
  if (answer["data"].value("resultType", Json()) == "scalar") {
    put(numbers, name, value_in(result));
    return numbers;
  }
  if (!result.is_array() || answer["data"].value("resultType", Json()) != "vector") return fail(no_numbers(name, body));
  for (const auto& one : result) {
    if (!one.is_object() || numbers.size() >= most_results) continue;
    put(numbers, result.size() == 1 ? name : name + labels_of(one.value("metric", Json())),
        value_in(one.value("value", Json())));
  }
  return numbers;
}

std::unique_ptr<Source> prometheus_numbers(const config::PrometheusAccess& access) {
  return std::make_unique<PrometheusNumbers>(access);
}

}  // namespace pgcleave::watch

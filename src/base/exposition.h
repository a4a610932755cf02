// Prometheus's text format (exposition format 0.0.4): https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pgcleave {

class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // A gauge. Samples of one name stand together, in the order of add(), names in the order of their first sample. Names
  // are letters, digits and _; help and the values of labels are any text.
  void add(const std::string& name, const std::string& help, const Labels& labels, double value);
  [[nodiscard]] std::string text() const;

 private:
  struct Metric {
    std::string name;
    std::string help;
    std::vector<std::string> samples;
  };
  std::vector<Metric> metrics_;
};

}  // namespace pgcleave

// What a step may refer to at its place in the running order.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "config/yaml.h"
#include "runbook/expressions.h"
#include "runbook/runbook.h"

namespace pgcleave::runbook {

class Known {
 public:
  Known(const Vocabulary& vocabulary, std::vector<RunParameter> params, config::Problems& problems);

  [[nodiscard]] const Vocabulary& vocabulary() const { return vocabulary_; }
  [[nodiscard]] const std::vector<RunParameter>& params() const { return params_; }
  [[nodiscard]] const StepDescription* kind(const std::string& name) const;

  // First all ids of the file, so that a reference to a later step is told from one to no step at all ...
  void announce(const std::string& id, config::Place at);
  // ... then each step once it has been read. `kind` is null when it isn't known.
  void passed(const std::string& id, const StepDescription* kind) { earlier_.emplace(id, kind); }

  // Reports every reference in the node that nothing gives.
  void check_references(const config::Node& node) const;

 private:
  void check(config::Place at, const Reference& reference) const;
  void check_fact(config::Place at, const Reference& reference) const;

  const Vocabulary& vocabulary_;
  std::vector<RunParameter> params_;
  config::Problems& problems_;
  std::unordered_map<std::string, const StepDescription*> kinds_;
  std::map<std::string, config::Place> announced_;
  std::map<std::string, const StepDescription*> earlier_;
};

// What ${env.x} may name.
const std::vector<std::string>& environment_values();

}  // namespace pgcleave::runbook

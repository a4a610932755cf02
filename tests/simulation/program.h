// The program under test: the real engine, steps and runbooks over the fake products, one process after the other, as
// `pgcleave run`, `resume` and `rollback` are.
#pragma once

#include <optional>
#include <string>

#include "engine/run.h"

namespace pgcleave::simulation {

class Program {
 public:
  // The file's name without .yml.
  explicit Program(const std::string& runbook);

  static void read_runbooks_from(const std::string& folder);

  // Each is a process of its own. No value: it died.
  std::optional<engine::RunResult> run();
  std::optional<engine::RunResult> resume();
  std::optional<engine::RunResult> rollback();

  // `pgcleave repair-owner`, where a failover has left two owners or none. A person who has to decide does so for
  // the side that clients were sent to. Returns what it said.
  std::string repair_owner();

  // No run: the conversation that the real products are asked too.
  std::string converse();

  // What the journal tells by now.
  [[nodiscard]] const engine::RunRecord& record();
  // Nothing is left for this command, as `pgcleave resume` and `pgcleave rollback` decide it.
  [[nodiscard]] bool is_over(bool rollback);

 private:
  template <class Act>
  std::optional<engine::RunResult> process(const char* direction, Act act);

  runbook::Runbook runbook_;
  config::Environment environment_;
  config::Split split_;
  Json params_ = Json::object();
  engine::RunRecord record_;
  std::size_t read_ = 0;  // so many events are in it
};

}  // namespace pgcleave::simulation

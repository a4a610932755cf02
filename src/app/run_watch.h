// What is watched while a run runs: its windows from the clients' side, and numbers of both sides, kept beside the
// journal.
#pragma once

#include <memory>

#include "engine/window_hooks.h"
#include "watch/sampler.h"
#include "world/world.h"

namespace pgcleave::app {

class RunWatch {
 public:
  RunWatch(const world::World& world, const std::string& journal_path, Duration probe_every);
  [[nodiscard]] engine::WindowProbe windows() const;

 private:
  Duration probe_every_;
  std::vector<postgres::Settings> probes_;
  postgres::TableName probe_table_;
  std::unique_ptr<watch::SamplingThread> sampling_;
};

}  // namespace pgcleave::app

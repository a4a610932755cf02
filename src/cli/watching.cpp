#include "cli/watching.h"

#include "steps/probes.h"
#include "watch/window_watch.h"

namespace pgcleave::cli {
namespace {

constexpr auto every = std::chrono::milliseconds(5);

}  // namespace

engine::Watch watch_windows(const steps::World& world) {
  const auto watch = std::make_shared<watch::WindowWatch>(steps::probes(world.environment), postgres::probe_of(world.split.name), every);
  return {[watch](const runbook::Phase&, bool clients_wait) { watch->begin(clients_wait); },
          [watch](const runbook::Phase&) { return watch->end(); }};
}

}  // namespace pgcleave::cli

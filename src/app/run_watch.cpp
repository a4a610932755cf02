#include "app/run_watch.h"

#include <system_error>

#include "base/log.h"
#include "fence/canary.h"
#include "watch/window_watch.h"
#include "world/serving.h"

namespace pgcleave::app {
namespace {

constexpr auto sample_every = std::chrono::seconds(1);

void say_off(const Error& error) {
  log::warn("no samples are kept of this run: " + error.text());
}

std::unique_ptr<watch::SamplingThread> sample(const world::World& world, const std::string& journal_path) {
  auto samples = journal::Samples::open(journal::samples_path(journal_path), Deadline::in(std::chrono::seconds(1)));
  if (!samples) {
    say_off(samples.error());
    return nullptr;
  }
  watch::Sampler sampler(watch::sources_of(world), world.run.id);
  try {
    return std::make_unique<watch::SamplingThread>(std::move(sampler), std::move(*samples), sample_every, say_off);
  } catch (const std::system_error& problem) {
    say_off({ErrorKind::failed, "samples", "no thread could be made", "", problem.what(), "", ""});
    return nullptr;
  }
}

}  // namespace

RunWatch::RunWatch(const world::World& world, const std::string& journal_path, Duration probe_every)
    : probe_every_(probe_every),
      probes_(world::probes(world.environment)),
      probe_table_(fence::probe_of(world.split.name)),
      sampling_(sample(world, journal_path)) {}

engine::WindowProbe RunWatch::windows() const {
  const auto watch = std::make_shared<watch::WindowWatch>(probes_, probe_table_, probe_every_);
  return {[watch](const runbook::Phase&, bool clients_wait) { watch->begin(clients_wait); },
          [watch](const runbook::Phase&) { return watch->end(); }};
}

}  // namespace pgcleave::app

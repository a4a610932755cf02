#include "watch/sampler.h"

#include <algorithm>
#include <future>

#include "watch/bouncer_numbers.h"
#include "watch/postgres_numbers.h"
#include "watch/prometheus.h"

namespace pgcleave::watch {
namespace {

constexpr auto patience = std::chrono::milliseconds(400);

}  // namespace

Sources sources_of(const world::World& world) {
  Sources sources;
  const auto& environment = world.environment;
  const auto moved = world.split.with_rows();
  sources.push_back(postgres_numbers(fence::Owner::source, environment.source, world.split.name, moved));
  sources.push_back(postgres_numbers(fence::Owner::target, environment.target, world.split.name, moved));
  for (const auto& bouncer : world.fleet.bouncers())
    sources.push_back(bouncer_numbers(bouncer.console, bouncer.database));
  if (!environment.prometheus.url.empty()) sources.push_back(prometheus_numbers(environment.prometheus));
  return sources;
}

Round Sampler::round(Deadline deadline) {
  Round round;
  round.at_us = utc_now_us();
  std::vector<std::future<Result<Numbers>>> answers;
  for (const auto& source : sources_) {
    answers.push_back(std::async(std::launch::async, [&source, deadline] { return source->read(deadline); }));
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto numbers = answers[i].get();
    if (!numbers) {
      round.unseen.emplace_back(sources_[i]->scope(), numbers.error());
      continue;
    }
    for (const auto& number : *numbers)
      round.samples.push_back({round.at_us, run_, sources_[i]->scope(), number.name, number.value});
  }
  return round;
}

SamplingThread::SamplingThread(Sampler sampler, journal::Samples samples, Duration every,
                               std::function<void(const Error&)> off)
    : sampler_(std::move(sampler)),
      samples_(std::move(samples)),
      thread_([this, every, off = std::move(off)] { work(every, off); }) {}

SamplingThread::~SamplingThread() {
  stop_.request();
  thread_.join();
}

// What can't be made here, such as a thread when there are too many, ends the sampling and nothing else.
void SamplingThread::work(Duration every, const std::function<void(const Error&)>& off) {
  try {
    while (!stop_.requested()) {
      const auto next = Deadline::in(every);
      const auto round = sampler_.round(Deadline::in(std::min<Duration>(every, patience)));
      if (const auto kept = samples_.append(round.samples); !kept) {
        // Another process that writes at this instant is no reason to stop.
        if (kept.error().kind != ErrorKind::timed_out) return off(kept.error());
      }
      sleep_until(next, every, &stop_);
    }
  } catch (const std::exception& problem) {
    off({ErrorKind::failed, "samples", "are not taken any more", "", problem.what(), "", ""});
  }
}

}  // namespace pgcleave::watch

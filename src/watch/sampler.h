// Asks all sources at the same time for their numbers, once or again and again.
#pragma once

#include <functional>
#include <thread>

#include "journal/samples.h"
#include "watch/numbers.h"
#include "world/world.h"

namespace pgcleave::watch {

// Both leaders, each pool of each bouncer, and the environment's Prometheus. Each has connections of its own.
Sources sources_of(const world::World& world);

struct Round {
  std::int64_t at_us = 0;
  std::vector<journal::Sample> samples;
  std::vector<std::pair<std::string, Error>> unseen;  // scopes that could not be asked, and why
};

class Sampler {
 public:
  Sampler(Sources sources, std::string run) : sources_(std::move(sources)), run_(std::move(run)) {}
  Round round(Deadline deadline);

 private:
  Sources sources_;
  std::string run_;
};

// A sampler beside a run: it holds nothing up and fails nothing.
class SamplingThread {
 public:
  // `off` is called once, from its thread, when samples can't be kept, and why; nothing more is asked then.
  SamplingThread(Sampler sampler, journal::Samples samples, Duration every, std::function<void(const Error&)> off);
  SamplingThread(const SamplingThread&) = delete;
  SamplingThread& operator=(const SamplingThread&) = delete;
  ~SamplingThread();  // within half a second, if a server is silent

 private:
  void work(Duration every, const std::function<void(const Error&)>& off);

  Sampler sampler_;
  journal::Samples samples_;
  StopFlag stop_;
  std::thread thread_;
};

}  // namespace pgcleave::watch

#include "data/pace.h"

#include <algorithm>

namespace pgcleave::data {
namespace {

constexpr double fastest_growth = 1.2;
constexpr double weight_of_newest = 0.3;

}  // namespace

Pace::Pace(Duration target, std::int64_t first, std::int64_t largest)
    : target_(target), largest_(static_cast<double>(largest)) {
  set(static_cast<double>(first));
}

std::int64_t Pace::size() const {
  return static_cast<std::int64_t>(size_);
}

void Pace::set(double size) {
  size_ = std::clamp(size, 1.0, std::max(1.0, largest_));
}

void Pace::took(std::int64_t size, Duration duration) {
  const auto done = static_cast<double>(size);
  const auto us = std::max(1.0, static_cast<double>(duration.count()));
  const double speed = done / us;
  if (duration > target_) {
    speed_ = speed;
    set(std::min(size_, speed * static_cast<double>(target_.count())));
    return;
  }
  if (size < this->size()) return;
  speed_ = speed_ == 0 ? speed : speed_ + weight_of_newest * (speed - speed_);
  set(std::min(speed_ * static_cast<double>(target_.count()), size_ * fastest_growth));
}

void Pace::halve() {
  speed_ = 0;
  set(size_ / 2);
}

void Pace::aim_at(Duration target) {
  if (target < target_) set(size_ * static_cast<double>(target.count()) / static_cast<double>(target_.count()));
  target_ = target;
}

}  // namespace pgcleave::data

// How large the next batch is, so that it takes about the time that is aimed at. A batch has a size in units of its
// walk: rows of a key, places of a heap. Pure: it asks no clock.
#pragma once

#include <cstdint>

#include "base/deadline.h"

namespace pgcleave::data {

class Pace {
 public:
  // `first`: the size of the first batch. `largest`: of any.
  Pace(Duration target, std::int64_t first, std::int64_t largest);

  // At least 1.
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] Duration target() const { return target_; }
  [[nodiscard]] std::int64_t largest() const { return static_cast<std::int64_t>(largest_); }

  // A batch of that size was done. One that took longer than the target shrinks the next at once, in proportion; else
  // the next follows a moving average of the speed, and is at most 1.2 times as large as this one was to be. A batch
  // that was smaller than it was to be, such as the last of a table, tells too little to change anything, unless it was
  // too slow.
  void took(std::int64_t size, Duration duration);
  // A batch was cut off: half of it, at once.
  void halve();
  // Another target from the next batch on; a smaller one shrinks it in proportion.
  void aim_at(Duration target);

 private:
  void set(double size);

  Duration target_;
  double largest_;
  double size_{1};
  double speed_ = 0;  // units per microsecond; 0: not known
};

}  // namespace pgcleave::data

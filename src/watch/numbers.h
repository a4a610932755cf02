// Where samples come from: whoever can be asked for numbers, again and again.
#pragma once

#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace pgcleave::watch {

struct Number {
  std::string name;
  double value = 0;
};
using Numbers = std::vector<Number>;

class Source {
 public:
  explicit Source(std::string scope) : scope_(std::move(scope)) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  [[nodiscard]] const std::string& scope() const { return scope_; }
  // Connects when it must. Only reads. Bounded by the deadline.
  virtual Result<Numbers> read(Deadline deadline) = 0;

 private:
  std::string scope_;
};
using Sources = std::vector<std::unique_ptr<Source>>;

// Counters that only grow, turned into what was added since they were read last. A counter that shrank was begun anew:
// no value.
class Growth {
 public:
  // To be called once per reading, before added() and per_second().
  void tick() {
    const auto now = Monotonic::now();
    seconds_ = std::chrono::duration<double>(now - read_at_).count();
    read_at_ = now;
  }
  std::optional<double> added(const std::string& name, double counter) {
    const auto last = last_.find(name);
    const bool known = last != last_.end() && last->second <= counter;
    const double before = known ? last->second : 0;
    last_[name] = counter;
    return known ? std::optional(counter - before) : std::nullopt;
  }
  std::optional<double> per_second(const std::string& name, double counter) {
    const auto grown = added(name, counter);
    return grown && seconds_ > 0 ? std::optional(*grown / seconds_) : std::nullopt;
  }
  void forget() { last_.clear(); }

 private:
  std::map<std::string, double> last_;
  Monotonic::time_point read_at_ = Monotonic::now();
  double seconds_ = 0;
};

inline void put(Numbers& numbers, const std::string& name, std::optional<double> value) {
  if (value && std::isfinite(*value)) numbers.push_back({name, *value});
}

}  // namespace pgcleave::watch

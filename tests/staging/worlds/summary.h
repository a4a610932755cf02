// The figures of all worlds of a run.
#pragma once
#include <nlohmann/json.hpp>

#include "world.h"

namespace pgcleave_worlds {

class Summary {
 public:
  void add(const WorldPlan& plan, const Verdict& verdict);
  void stopped(const WorldPlan& plan, const std::string& scenario);  // a person is needed
  void found(const WorldPlan& plan, const std::string& scenario);
  nlohmann::json json(std::uint64_t seed, double minutes) const;
  std::string text(std::uint64_t seed, double minutes) const;
  void found_after(double minutes) { found_after_minutes_ = minutes; }
  bool clean() const { return violations_.empty(); }
  int worlds() const { return worlds_; }
  // Three of four worlds that were begun. Fewer prove nothing, such as on a machine that is too busy.
  bool enough_finished() const { return worlds_ > 0 && broken_labs_ * 4 <= worlds_; }

 private:
  int worlds_ = 0, broken_labs_ = 0, failing_ = 0, refused_rightly_ = 0;
  long long acknowledged_ = 0;
  double seconds_ = 0, processor_seconds_ = 0;
  std::map<std::string, int> violations_, refusals_, to_look_at_, outcomes_;
  double found_after_minutes_ = 0;  // of the first violation; 0: none
  std::map<std::string, long long> ways_;
  std::vector<nlohmann::json> failing_worlds_, stopped_worlds_;
  std::vector<std::string> broken_because_;
};

}  // namespace pgcleave_worlds

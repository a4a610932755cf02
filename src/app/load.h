// A load that the user brings: a command that runs beside rehearsals.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/child.h"

namespace pgcleave::app {

class Load {
 public:
  // Begins `command` by a shell; its output goes into `log`. Ended, with all that it began, when this is destroyed.
  static Result<Load> begin(const std::string& command, const std::string& log);
  Load(Load&& other) noexcept : child_(std::exchange(other.child_, std::nullopt)), log_(std::move(other.log_)) {}
  Load& operator=(Load&&) = delete;
  ~Load();

  // Why it does not run any more; no value: it runs.
  std::optional<std::string> ended();

 private:
  Load(Child child, std::string log) : child_(std::move(child)), log_(std::move(log)) {}
  std::optional<Child> child_;
  std::string log_;
};

}  // namespace pgcleave::app

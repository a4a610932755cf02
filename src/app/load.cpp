#include "app/load.h"

#include <fcntl.h>

#include "base/format.h"

namespace pgcleave::app {
namespace {

constexpr auto grace = std::chrono::seconds(5);

}  // namespace

Result<Load> Load::begin(const std::string& command, const std::string& log) {
  Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  TRY_ASSIGN(auto child, Child::start({"sh", "-c", "exec >\"$PGCLEAVE_LOAD_LOG\" 2>&1\n" + command},
                                      {{"PGCLEAVE_LOAD_LOG", log}}, std::move(nothing)));
  return Load(std::move(child), log);
}

Load::~Load() {
  if (child_) child_->end(grace);
}

std::optional<std::string> Load::ended() {
  if (!child_ || !child_->exited()) return {};
  const auto code = child_->reap();
  child_.reset();
  return fmt::format("the load ended by itself{}; its output is in {}",
                     code ? fmt::format(" with exit code {}", *code) : "", log_);
}

}  // namespace pgcleave::app

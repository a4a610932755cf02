#include "cli/complain.h"

#include "base/log.h"

namespace pgcleave::cli {

ExitCode complain(const Error& error) {
  log::error(error.text());
  switch (error.kind) {
    case ErrorKind::invalid: return ExitCode::invalid;
    case ErrorKind::held: return ExitCode::held;
    case ErrorKind::waiting: return ExitCode::waiting;
    default: return ExitCode::not_ready;
  }
}

ExitCode complain(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) log::error(problem.text());
  return problems.empty() ? ExitCode::done : ExitCode::invalid;
}

}  // namespace pgcleave::cli

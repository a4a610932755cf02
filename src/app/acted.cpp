#include "app/acted.h"

#include <algorithm>

#include "base/format.h"
#include "base/lines.h"
#include "base/log.h"
#include "journal/words/outcomes.h"

namespace pgcleave::app {

bool leaves_clients_waiting(const engine::RunRecord& record) {
  return std::any_of(record.windows.begin(), record.windows.end(), [](const auto& window) {
    return window.second.open || window.second.outcome == journal::WindowOutcome::failed;
  });
}

void log_ending(const Acted& acted) {
  const auto& ending = acted.ending;
  const auto line = fmt::format("run {}: {}", acted.run, printable_lines(ending.text));
  // Who waits for a person has not failed.
  using engine::ExitCode;
  ending.exit == ExitCode::done || ending.exit == ExitCode::waiting ? log::info(line) : log::warn(line);
  log::info("now: " + printable(ending.state));
  if (!ending.next.empty()) log::info("next: " + ending.next);
}

}  // namespace pgcleave::app

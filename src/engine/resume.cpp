// Taking up a run whose process died or stopped. Both sides' owners are the truth: they say how far it came.
#include <algorithm>

#include "base/format.h"
#include "engine/run.h"

namespace pgcleave::engine {

std::optional<Ending> Run::settle_window() {
  const auto* open = recorder_.record().open_window();
  if (open == nullptr) return {};
  const auto* phase = phase_of(open->phase);
  if (phase == nullptr) return finish("stopped", ExitCode::needs_person, "the journal names a window that the runbook does not have: " + open->phase);
  const auto take = std::find_if(phase->steps.begin(), phase->steps.end(), [](const auto& line) { return kind(line).description.meaning.takes; });
  bool is_taken = recorder_.record().has_taken(phase->name);
  if (take != phase->steps.end() && !is_taken) {
    const auto looked = was_taken(*take, Deadline::in(std::chrono::seconds(10)));
    if (!looked) return finish("stopped", ExitCode::needs_person, "can't tell whether ownership was taken: " + looked.error().text());
    is_taken = *looked;
  }
  recorder_.inside_window(true);
  if (is_taken) {
    if (talk_.say) talk_.say("the point of no return was passed: finishing the window");
    if (!recorder_.record().has_taken(phase->name)) {
      if (const auto written = recorder_.write_to_disk("window.taken", {{"phase", phase->name}}); !written) return failed_window(*phase, written.error());
    }
    auto done = tail(*phase, static_cast<std::size_t>(take - phase->steps.begin()) + (take == phase->steps.end() ? 0 : 1));
    if (done) done = leave_done(*phase);
    if (!done) return failed_window(*phase, done.error());
    return {};
  }
  if (talk_.warn) talk_.warn("the window was left open before the point of no return: undoing it, so that clients go on");
  const bool clients = undo_window(*phase, "its process died in the window");
  if (talk_.say) talk_.say(truth());
  const bool rest = undo_steps(phase, phase->is_rollback(), false);
  if (!clients || !rest) return finish("stopped", ExitCode::needs_person, "the window could not be undone entirely");
  return {};
}

Ending Run::resume() {
  if (auto stuck = settle_window()) return *stuck;
  return phases(recorder_.record().rolling_back);
}

Ending Run::back() {
  if (auto stuck = settle_window()) return *stuck;
  if (taken(false)) return phases(true);
  static_cast<void>(recorder_.write("undo.begun", {{"why", "rollback was asked for before the point of no return"}}));
  if (!undo_rest(false)) return finish("stopped", ExitCode::needs_person, "not all of it could be undone");
  return finish("undone", ExitCode::done, "undone; it had not come to the point of no return");
}

}  // namespace pgcleave::engine

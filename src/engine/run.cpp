#include "engine/run.h"

#include <unistd.h>

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "base/heeded_stop.h"
#include "engine/irreversible.h"
#include "steps/missable.h"

namespace pgcleave::engine {
namespace {

// Steps began, and what they did is gone again.
bool left_nothing(const RunRecord& record) {
  return std::all_of(record.steps.begin(), record.steps.end(), [](const auto& step) {
    const auto* kind = steps::find(step.second.uses);
    return step.second.intents == 0 || (kind != nullptr && steps::leaves_nothing(*kind));
  });
}

Error interrupted(Error error) {
  error.kind = ErrorKind::interrupted;
  return error;
}

}  // namespace

Run::Run(runbook::Runbook runbook, Json params, steps::World& world, Recorder& recorder, StopFlag& stop, RunOutput talk, WindowProbe watch,
         GuardHooks guarding)
    : runbook_(std::move(runbook)),
      params_(std::move(params)),
      world_(world),
      recorder_(recorder),
      effects_(recorder),
      stop_(stop),
      talk_(std::move(talk)),
      watch_(std::move(watch)),
      guarding_(std::move(guarding)) {
  world_.effects = &effects_;
  world_.progress = talk_.progress;
  recorder_.when_recording = guarding_.alive;
}

const steps::StepKind& Run::kind(const runbook::StepLine& line) {
  return *steps::find(line.uses);
}

const runbook::Phase* Run::phase_of(const std::string& name) const {
  const auto phase = std::find_if(runbook_.phases.begin(), runbook_.phases.end(), [&](const auto& one) { return one.name == name; });
  return phase == runbook_.phases.end() ? nullptr : &*phase;
}

Json Run::scope() const {
  Json scope{{"params", params_}, {"env", runbook::facts_of(world_.environment)}};
  for (const auto& [id, step] : recorder_.record().steps) scope[id] = step.facts;
  return scope;
}

bool Run::taken(bool rollback) const {
  return is_past_window(recorder_.record(), runbook_, rollback);
}

bool Run::fresh() const {
  const auto& steps = recorder_.record().steps;
  return std::none_of(steps.begin(), steps.end(), [](const auto& step) {
    const auto* row = steps::find(step.second.uses);
    return row != nullptr && row->description.meaning.changes && step.second.intents > 0;
  });
}

RunResult Run::finish(const std::string& outcome, ExitCode exit, const std::string& text) {
  const auto serves = serving();
  auto now = describe_state(serves);
  if (serves == "both" && exit == ExitCode::done) exit = ExitCode::done_with_misses;
  const auto& known = recorder_.record();
  if (outcome == "done" || outcome == "undone" || outcome == "rolled_back" || (outcome == "rollback_undone" && known.went_all_the_way))
    let_go();
  const auto written =
      recorder_.write("run.finished", {{"outcome", outcome}, {"exit", static_cast<int>(exit)}, {"serves", serves}, {"text", text}});
  RunResult ending{exit, text, std::move(now), next_command(recorder_.record(), talk_.again)};
  if (!written) {
    ending.text += "; the journal could not be written: " + written.error().text();
    if (exit == ExitCode::done) ending.exit = ExitCode::done_with_misses;
  }
  return ending;
}

Result<void> Run::outside_window(const runbook::Phase& phase) {
  for (const auto& line : phase.steps) {
    if (stop_.requested()) return fail({ErrorKind::interrupted, line.id, "was asked to stop before this step", "", "", "", ""});
    auto done = [&] {
      const HeededStop heeded(&stop_);
      return step_with_retries(line);
    }();
    if (done) continue;
    // A wait that was given up for it says so in words of its own; what it waited for is looked at by `resume`.
    const auto why = done.error().kind;
    if (stop_.requested() && (why == ErrorKind::unknown || why == ErrorKind::timed_out))
      done = fail(interrupted(done.error()));
    // Past the point of no return a check that fails is told, not obeyed: going on is what is left.
    const auto& meaning = kind(line).description.meaning;
    const bool passed_over = (!meaning.changes || steps::may_be_missed(line.uses)) && !meaning.waits_for_person;
    if (!taken(phase.is_rollback()) || !passed_over || done.error().kind == ErrorKind::interrupted) return done;
    if (talk_.warn) talk_.warn(fmt::format("  {}: {}", line.id, done.error().text()));
    TRY(recorder_.write("check.missed", {{"step", line.id}, {"text", done.error().text()}}));
  }
  return {};
}

RunResult Run::failed_outside(const runbook::Phase& phase, const Error& error) {
  const bool rollback = phase.is_rollback();
  static_cast<void>(still_ours());
  if (outranked_) return finish("stopped", ExitCode::held, outranked_->text());
  if (error.kind == ErrorKind::waiting) {
    note_waiting(error);
    return finish("waiting", ExitCode::waiting, error.what);
  }
  if (taken(rollback)) return finish("stopped", ExitCode::past_no_return, "stopped in " + phase.name + ": " + error.text());
  // Undoing the rest would leave something that is neither the one nor the other: what was begun for good is finished.
  if (const auto done = irreversible(recorder_.record(), rollback); !done.empty()) {
    return finish("stopped", ExitCode::past_no_return,
                  fmt::format("stopped in {}: {}; done and not to be taken back: {}", phase.name, error.text(), fmt::join(done, "; ")));
  }
  // Who says no at a gate of the way back takes the way back back: then the run stands where it stood.
  const bool refused = rollback && error.object.rfind("gate ", 0) == 0;
  if (error.kind == ErrorKind::interrupted && !refused)
    return finish("stopped", ExitCode::needs_person, "stopped in " + phase.name + ": " + error.text());
  const char* undone = rollback ? "rollback_undone" : "undone";
  if (!rollback && fresh()) return finish(undone, ExitCode::not_ready, error.text() + "; nothing was changed");
  if (const auto may = may_undo(rollback); !may) {
    note_waiting(may.error());
    return finish("stopped", ExitCode::needs_person, error.text() + "; nothing was undone: " + may.error().text());
  }
  const bool only_tried = !rollback && left_nothing(recorder_.record());
  if (talk_.warn) talk_.warn(error.text() + "; undoing");
  static_cast<void>(recorder_.write("undo.begun", {{"why", error.text()}}));
  if (!undo_rest(rollback)) return finish("stopped", ExitCode::needs_person, error.text() + "; not all of it could be undone");
  const auto exit = rollback || only_tried ? ExitCode::not_ready : ExitCode::undone;
  return finish(undone, exit, error.text() + (only_tried ? "; nothing was changed" : "; undone"));
}

RunResult Run::failed_window(const runbook::Phase& phase, const Error& error) {
  const bool rollback = phase.is_rollback();
  static_cast<void>(still_ours());
  if (outranked_) {
    recorder_.inside_window(false);
    dismiss_guard();
    end_watch(phase);
    return finish("stopped", ExitCode::held, outranked_->text());
  }
  if (taken(rollback)) {
    recorder_.inside_window(false);
    end_watch(phase);
    return finish("stopped", ExitCode::past_no_return, "the window could not be finished: " + error.text());
  }
  if (recorder_.record().open_window() == nullptr) {
    dismiss_guard();
    end_watch(phase, false);
    return failed_outside(phase, error);
  }
  if (error.kind == ErrorKind::unknown && error.what.rfind("can't tell whether", 0) == 0) {
    recorder_.inside_window(false);
    end_watch(phase);
    return finish("stopped", ExitCode::needs_person, error.text());
  }
  if (talk_.warn) talk_.warn(error.text() + "; undoing, so that clients go on");
  const bool clients = undo_window(phase, error.text());
  if (clients) dismiss_guard();
  if (talk_.say) talk_.say(describe_state(serving()));
  if (const auto saw = what_clients_saw(end_watch(phase)); talk_.say && !saw.empty()) talk_.say(saw);
  tell_failovers(phase);
  // What could not be undone at once is tried again by the guard, as soon as this process has gone.
  const bool slow_part = clients && undo_steps(&phase, rollback, false);
  if (!slow_part) return finish("stopped", ExitCode::needs_person, error.text() + "; not all of it could be undone");
  // What was prepared stays: it costs clients little, taking it away would cost them more, and the next try needs it again.
  return finish(rollback ? "rollback_undone" : "window_undone", ExitCode::undone, error.text() + "; the window was undone");
}

// As the last step that could see it says. Nothing is claimed where none did.
std::string Run::what_was_left() const {
  const Json* facts = nullptr;
  for (const auto& phase : runbook_.phases) {
    for (const auto& line : phase.steps) {
      const auto known = recorder_.record().steps.find(line.id);
      if (phase.is_rollback() && kind(line).description.meaning.gives_up && known != recorder_.record().steps.end())
        facts = &known->second.facts;
    }
  }
  if (facts == nullptr || !facts->contains("given_up")) return "";
  const auto given_up = text_in(*facts, "given_up");
  return given_up.empty() ? ", no write was left behind" : fmt::format(", without {}, written on {}", given_up, world_.target.label());
}

RunResult Run::phases(bool rollback) {
  for (const auto& phase : runbook_.phases) {
    if (phase.is_rollback() != rollback) continue;
    if (phase.is_window && recorder_.record().windows.count(phase.name) > 0 && recorder_.record().windows.at(phase.name).outcome == "done")
      continue;
    world_.run.attempt = recorder_.record().windows_entered + 1;
    if (talk_.say) talk_.say(phase.name);
    if (const auto begun = recorder_.write("phase.begun", {{"phase", phase.name}, {"attempt", world_.run.attempt}}); !begun) {
      return failed_outside(phase, begun.error());
    }
    if (phase.is_window) {
      if (const auto left = window(phase); !left) return failed_window(phase, left.error());
    } else {
      auto lines = lines_of(phase);
      const auto done = lines ? outside_window(*lines) : Result<void>(fail(lines.error()));
      if (!done) return failed_outside(phase, done.error());
    }
  }
  const auto& misses = recorder_.record().misses;
  const auto exit = misses.empty() ? ExitCode::done : ExitCode::done_with_misses;
  std::string text = rollback                        ? world_.source.label() + " serves again" + what_was_left()
                     : phase_of("window") == nullptr ? runbook_.name + " is done"
                                                     : "the split is done: " + world_.target.label() + " serves";
  if (rollback) text += what_was_left_out();
  for (const auto& miss : misses) text += "; missed: " + miss;
  return finish(rollback ? "rolled_back" : "done", exit, text);
}

RunResult Run::forward() {
  if (auto no = begin_acting()) return *no;
  now_knows_all();
  return phases(false);
}

}  // namespace pgcleave::engine

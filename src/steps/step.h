// A step: one line of a runbook. A kind of step is a static row: its description and four verbs.
//
// The law of the verbs
//   prepare  opens connections and stages what it can. Changes nothing that others see. May be called again.
//   observe  reads only. pending: not yet as the step wants it. done: as it wants it. conflict: somebody else changed
//   it, so that
//            neither applying nor adopting is right.
//   apply    idempotent. All that changes the outside happens inside world.effects->perform(); outside of it apply only
//   reads
//            what its description needs. Returns outputs for later steps.
//   undo     idempotent. Works from `before` (taken by observe, in the journal before apply began) and the outputs
//   alone, also in
//            another process. Restores what was; it does not reset. Past steps may be missing or half done: it looks
//            first.
// Outcomes: ok, failed, unknown (ErrorKind::unknown and timed_out). Unknown is resolved by observe, never assumed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "runbook/vocabulary.h"
#include "world/world.h"

namespace pgcleave::steps {

using world::Approval;
using world::LastComparison;
using world::PendingRelease;
using world::Question;
using world::RehearsedPause;
using world::RunIdentity;
using world::Side;
using world::SideName;
using world::SideTables;
using world::SplitTables;
using world::Traffic;
using world::World;

enum class State { pending, done, conflict };
const char* name_of(State state);

struct Observation {
  State state = State::pending;
  std::string evidence;           // one line: what was seen
  Json before = Json::object();   // what undo needs
  Json outputs = Json::object();  // the step's outputs, when done
  bool lasting = true;            // false: leaves nothing that could be observed (a checkpoint), so it stays pending
};

struct Context {
  World& world;
  std::string step;  // its id
  const Json& with;  // parameters, resolved
  Deadline deadline;
  const StopFlag* stop;  // null where nothing may stop the step
  // What observe saw as `before` when this run began the step for the first time; null before that. For outputs that
  // count what all tries did together.
  const Json* began_with = nullptr;
  // Something was never answered, and may still arrive. For undo: of what the step sent. Else: of what a promotion of
  // this run sent.
  bool in_doubt = false;

  // Of a parameter of type `side`; throws as Json does where it holds none.
  [[nodiscard]] SideName side_name(const std::string& parameter) const { return with.at(parameter).get<SideName>(); }
  [[nodiscard]] Side& side(const std::string& parameter) const { return world.side(side_name(parameter)); }
  [[nodiscard]] Side& on() const { return side("on"); }
  [[nodiscard]] std::string text(const std::string& parameter) const { return with.value(parameter, std::string()); }
};

enum class UndoOrder {
  before_traffic,  // clients wait for it: undone first, last step first
  after_traffic,   // slow and not in the clients' way, such as turning a promoted cluster into a standby again
};

struct StepKind {
  runbook::StepDescription description;
  Result<void> (*prepare)(Context& context);  // null: nothing to prepare
  Result<Observation> (*observe)(Context& context);
  Result<Json> (*apply)(Context& context, const Json& before);
  Result<void> (*undo)(Context& context, const Json& before,
                       const Json& outputs);  // null: nothing to undo, or impossible
  UndoOrder undo_order = UndoOrder::before_traffic;
  // apply ends by looking at what it did, or the server answers with what came of it: inside a window nobody looks a
  // second time. Never for what apply only asked for.
  bool looks_itself = false;
  // Would undo destroy what a person has to give up first? Asked before anything of the run is undone; only reads.
  // `waiting` or `conflict`: it would. null: it destroys nothing.
  Result<void> (*may_undo)(Context& context, const Json& before) = nullptr;
  // For `plan`: what it will take, in lines for people. It may try something, and rolls it back. null: nothing to tell.
  Result<std::vector<std::string>> (*foretell)(Context& context) = nullptr;
};

}  // namespace pgcleave::steps

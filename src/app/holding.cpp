#include "app/holding.h"

#include <algorithm>
#include <set>

#include "base/fields.h"
#include "base/format.h"
#include "engine/record.h"

namespace pgcleave::app {
namespace {

bool known_to_be_over(const journal::Journal& journal, const std::string& run) {
  const auto events = journal.events(run);
  return events && !events->empty() && !engine::replay(*events).is_open();
}

// The highest with which a run of this split signed, as this journal knows. 0: it can't be read.
int last_epoch(const journal::Journal& journal, const std::string& split, const std::string& run) {
  const auto begun = journal.events_of_type("run.begun");
  const auto signing = journal.events_of_type("run.signing");
  const auto effects = journal.events_of_type("effect.done");
  const auto of_run = journal.events(run);
  if (!begun || !signing || !effects || !of_run) return 0;
  int last = 0;
  std::set<std::string> runs;
  for (const auto& event : *begun) {
    if (text_in(event.data, "split_name") != split) continue;
    runs.insert(event.run);
    last = std::max(last, small_in(event.data, "epoch", 1));
  }
  for (const auto& event : *signing) {
    if (runs.contains(event.run)) last = std::max(last, small_in(event.data, "epoch"));
  }
  for (const auto& event : *effects) {
    if (runs.contains(event.run)) last = std::max(last, small_in(object_in(event.data, "result"), "epoch"));
  }
  // An undo signs anew (ownership.release): who died in an effect may have done so.
  const bool in_an_effect = !of_run->empty() && of_run->back().type == "effect.announced";
  return in_an_effect ? last + 1 : last;
}

}  // namespace

bool knows_all(const world::World& world, const journal::Journal& journal, const world::SplitHeld& held) {
  return held.signed_last_by(world.run.as_holder(), last_epoch(journal, world.split.name, world.run.id));
}

Result<journal::SplitHold> hold_split(journal::Journal& journal, const std::string& split, const std::string& run) {
  TRY_ASSIGN(auto hold, journal.hold(split, run, Deadline::in(std::chrono::seconds(10))));
  if (hold.is_held()) return hold;
  return fail({ErrorKind::not_ready, "split " + split, "can't be held: the file system of the journal does not answer",
               "", journal.path(),
               "look at the file system (frozen? an NFS server that is gone?), then try again; nothing was changed",
               ""});
}

Result<void> may_act(world::World& world, const journal::Journal& journal, const world::SplitHeld& held,
                     const std::string& command) {
  if (world.run.take_over) return {};
  const auto other = held.other_than(world.run.as_holder());
  if (!other) return {};
  if (known_to_be_over(journal, other->run)) {
    world.run.take_over = true;
    return {};
  }
  const bool copy = other->run == world.run.id;
  return fail(
      {ErrorKind::held, "split " + world.split.name,
       copy ? "this run is held by another journal, of which this one may be an older copy" : "another run holds it",
       "", other->text(),
       fmt::format("go on with it there: pgcleave resume {}; only if nothing there will act again: {} --takeover",
                   other->run, command),
       ""});
}

}  // namespace pgcleave::app

#include "cli/holding.h"

#include "base/format.h"
#include "engine/record.h"

namespace pgcleave::cli {
namespace {

bool known_to_be_over(const journal::Journal& journal, const std::string& run) {
  const auto events = journal.events(run);
  return events && !events->empty() && !engine::replay(*events).is_open();
}

}  // namespace

Result<void> may_act(steps::World& world, const journal::Journal& journal, const steps::SplitHeld& held, const std::string& command) {
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
       copy ? "this run is held by another journal, of which this one may be an older copy" : "another run holds it", "", other->text(),
       fmt::format("go on with it there: pgcleave resume {}; only if nothing there will act again: {} --takeover", other->run, command),
       ""});
}

}  // namespace pgcleave::cli

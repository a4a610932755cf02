#include "engine/failover.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::engine {
namespace {

constexpr auto patience_with_a_leader = std::chrono::seconds(2);

}  // namespace

Result<Json> note_leaders(RunState& run, const runbook::Phase& phase) {
  Json leaders = Json::object();
  const bool takes = std::any_of(phase.steps.begin(), phase.steps.end(),
                                 [](const auto& line) { return kind_of(line).description.traits.takes; });
  if (!takes) return leaders;
  for (auto* side : {&run.world.source, &run.world.target}) {
    TRY_ASSIGN(const auto leads, side->note_leadership(Deadline::in(patience_with_a_leader)));
    leaders[side->name()] = {{"member", leads.member}, {"timeline", leads.timeline}, {"standby", leads.standby}};
  }
  return leaders;
}

void expect_leaders(world::World& world, const Json& leaders) {
  for (auto* side : {&world.source, &world.target}) {
    const auto seen = object_in(leaders, side->name().c_str());
    if (seen.empty()) continue;
    side->expect(
        {text_in(seen, "member"), static_cast<std::uint32_t>(small_in(seen, "timeline")), truth_in(seen, "standby")});
  }
}

void tell_failovers(RunState& run, const runbook::Phase& phase) {
  const auto& serving = phase.is_rollback() == run.record().has_taken(phase.name) ? run.world.source : run.world.target;
  for (auto* side : {&run.world.source, &run.world.target}) {
    const auto failover = side->failover(Deadline::in(patience_with_a_leader));
    if (!failover || failover->empty()) continue;
    auto text = fmt::format("{} failed over while clients waited: {}", side->label(), *failover);
    if (side == &serving) {
      text +=
          ". What its old leader had told clients and the new one had not received is lost, unless it replicates "
          "synchronously: that "
          "is Patroni's contract, and pgcleave can't bring it back";
    }
    const auto& told = run.record().misses;
    if (std::find(told.begin(), told.end(), text) != told.end()) continue;
    if (run.output.warn) run.output.warn(text);
    static_cast<void>(
        run.recorder.write("window.failover", {{"phase", phase.name}, {"side", side->name()}, {"text", text}}));
  }
}

}  // namespace pgcleave::engine

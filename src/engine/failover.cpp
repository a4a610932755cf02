// A side that fails over while clients wait. Its new leader may lack what the old one had told clients, and nobody but Patroni's settings
// has promised otherwise: so it is said, after clients go on.
#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "engine/run.h"

namespace pgcleave::engine {
namespace {

constexpr auto patience_with_a_leader = std::chrono::seconds(2);

}  // namespace

// Not while clients wait: the same connections are used in the window, and tell then whether anything has changed.
Result<Json> Run::note_leaders(const runbook::Phase& phase) {
  Json leaders = Json::object();
  const bool takes =
      std::any_of(phase.steps.begin(), phase.steps.end(), [](const auto& line) { return kind(line).description.meaning.takes; });
  if (!takes) return leaders;
  for (auto* side : {&world_.source, &world_.target}) {
    TRY_ASSIGN(const auto leads, side->note_leadership(Deadline::in(patience_with_a_leader)));
    leaders[side->name()] = {{"member", leads.member}, {"timeline", leads.timeline}, {"standby", leads.standby}};
  }
  return leaders;
}

void Run::expect_leaders(const Json& leaders) {
  for (auto* side : {&world_.source, &world_.target}) {
    const auto seen = object_in(leaders, side->name().c_str());
    if (seen.empty()) continue;
    side->expect({text_in(seen, "member"), static_cast<std::uint32_t>(small_in(seen, "timeline")), truth_in(seen, "standby")});
  }
}

void Run::tell_failovers(const runbook::Phase& phase) {
  const auto& serving = phase.is_rollback() == recorder_.record().has_taken(phase.name) ? world_.source : world_.target;
  for (auto* side : {&world_.source, &world_.target}) {
    const auto failover = side->failover(Deadline::in(patience_with_a_leader));
    if (!failover || failover->empty()) continue;
    auto text = fmt::format("{} failed over while clients waited: {}", side->label(), *failover);
    if (side == &serving) {
      text +=
          ". What its old leader had told clients and the new one had not received is lost, unless it replicates synchronously: that "
          "is Patroni's contract, and pgcleave can't bring it back";
    }
    const auto& told = recorder_.record().misses;
    if (std::find(told.begin(), told.end(), text) != told.end()) continue;
    if (talk_.warn) talk_.warn(text);
    static_cast<void>(recorder_.write("window.failover", {{"phase", phase.name}, {"side", side->name()}, {"text", text}}));
  }
}

}  // namespace pgcleave::engine

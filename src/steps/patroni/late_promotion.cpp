#include "steps/patroni/late_promotion.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "base/units.h"
#include "patroni/inspection.h"
#include "steps/patroni/reattaching.h"

namespace pgcleave::steps {
namespace {

// Patroni reads its configuration and then stores the new one, and each may hang on the DCS for retry_timeout
// (do_PATCH_config, 3.0.2). Nothing that is sent after it would stop it.
Duration longest_way(const Json& config) {
  return 2 * std::chrono::seconds(std::clamp(small_in(config, "retry_timeout", 10), 3, 60)) + std::chrono::seconds(5);
}

}  // namespace

Result<bool> still_follows(Context& context, Side& cluster, const Json& standby_cluster) {
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline.for_one_read()));
  TRY_ASSIGN(const auto attached, observe_attached(context, cluster));
  return patroni::without_nulls(config.value("standby_cluster", Json())) == patroni::without_nulls(standby_cluster) &&
         attached.state == State::done;
}

Result<bool> never_came(Context& context, Side& cluster, const Json& standby_cluster) {
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline.for_one_read()));
  const auto longest = longest_way(config);
  const auto patience = context.deadline.or_earlier(Deadline::in(longest));
  context.world.progress.say(fmt::format("whether the PATCH that promotes {} still comes is waited for, {} at most",
                                         cluster.label(), to_text(longest)));
  while (!patience.passed()) {
    const auto follows = still_follows(context, cluster, standby_cluster);
    if (follows && !*follows) return false;
    if (!sleep_until(patience, std::chrono::seconds(1), context.stop))
      return fail(gave_up("nothing can promote " + cluster.label() + " any more", true));
  }
  return still_follows(context, cluster, standby_cluster);
}

}  // namespace pgcleave::steps

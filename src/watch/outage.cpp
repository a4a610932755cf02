#include "watch/outage.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/units.h"

namespace pgcleave::watch {
namespace {

using Time = Monotonic::time_point;

constexpr std::size_t longest_curve = 400;
constexpr std::array curve_steps_ms{10, 20, 50, 100, 200, 500, 1000, 5000, 10'000, 60'000};

struct Gap {
  Time from;
  Duration length{};
  bool at_least = false;  // it had begun before, or had not ended
};

Duration between(Time from, Time to) {
  return std::chrono::duration_cast<Duration>(to - from);
}

Gap longest_gap(const ClientSeen& client, const Stretch& stretch) {
  Gap longest{stretch.from, {}, false};
  auto last = stretch.from;
  bool first = true;
  const auto look = [&](Time now, bool at_least) {
    if (between(last, now) > longest.length) longest = {last, between(last, now), at_least};
  };
  for (const auto& write : client.writes) {
    // Before its first write a client logs in, which is no outage unless clients already waited.
    if (!first || !stretch.served_at_first) look(write.at, first);
    if (write.at > stretch.to) break;
    last = write.at;
    first = false;
  }
  if (!client.writes.empty()) look(stretch.to, true);
  return longest;
}

const std::string& cluster_of(const ClientSeen& client, const Acknowledged& write) {
  return client.clusters[static_cast<std::size_t>(write.by)];
}

// Acknowledged by who stored the first write of all, after somebody else had stored one.
int on_the_wrong_side(const std::vector<ClientSeen>& clients) {
  const Acknowledged* first = nullptr;
  std::string old_side;
  for (const auto& client : clients) {
    if (client.writes.empty() || (first != nullptr && client.writes.front().at >= first->at)) continue;
    first = &client.writes.front();
    old_side = cluster_of(client, *first);
  }
  std::optional<Time> handed_over;
  for (const auto& client : clients) {
    for (const auto& write : client.writes) {
      if (cluster_of(client, write) != old_side && (!handed_over || write.at < *handed_over)) handed_over = write.at;
    }
  }
  int wrong = 0;
  if (!handed_over) return wrong;
  for (const auto& client : clients) {
    wrong += static_cast<int>(std::count_if(client.writes.begin(), client.writes.end(), [&](const auto& write) {
      return write.at > *handed_over && cluster_of(client, write) == old_side;
    }));
  }
  return wrong;
}

Json curve(const std::vector<ClientSeen>& clients, const Stretch& stretch) {
  const auto total_ms = static_cast<std::size_t>(between(stretch.from, stretch.to).count() / 1000);
  const auto* fitting = std::find_if(curve_steps_ms.begin(), curve_steps_ms.end() - 1,
                                     [&](int step) { return total_ms / static_cast<std::size_t>(step) < longest_curve; });
  const auto step = static_cast<std::size_t>(*fitting);
  std::vector<int> writes(std::min(total_ms / step + 1, longest_curve));
  for (const auto& client : clients) {
    for (const auto& write : client.writes) {
      const auto at = static_cast<std::size_t>(std::max<std::int64_t>(between(stretch.from, write.at).count(), 0) / 1000) / step;
      if (at < writes.size()) ++writes[at];
    }
  }
  return {{"from_us", stretch.from_us}, {"step_ms", step}, {"writes", writes}};
}

Json bouncer(const ClientSeen& client, const Gap& gap) {
  const auto& writes = client.writes;
  return {{"name", client.bouncer},
          {"writes", writes.size()},
          {"errors", client.errors},
          {"first_error", client.first_error},
          {"outage_ms", milliseconds(gap.length)},
          {"longest_wait_ms", milliseconds(client.longest_wait)},
          {"first_on", writes.empty() ? "" : cluster_of(client, writes.front())},
          {"last_on", writes.empty() ? "" : cluster_of(client, writes.back())}};
}

}  // namespace

Json outage_in_json(const std::vector<ClientSeen>& clients, const Stretch& stretch) {
  Gap longest{stretch.from, {}, false};
  std::string through;
  Duration wait{};
  int errors = 0;
  Json bouncers = Json::array();
  for (const auto& client : clients) {
    const auto gap = longest_gap(client, stretch);
    if (gap.length > longest.length) {
      longest = gap;
      through = client.bouncer;
    }
    wait = std::max(wait, client.longest_wait);
    errors += client.errors;
    bouncers.push_back(bouncer(client, gap));
  }
  return {{"outage_ms", milliseconds(longest.length)},
          {"outage_began_at_us", stretch.from_us + between(stretch.from, longest.from).count()},
          {"at_least", longest.at_least},
          {"through", through},
          {"longest_wait_ms", milliseconds(wait)},
          {"errors", errors},
          {"wrong_side", on_the_wrong_side(clients)},
          {"bouncers", bouncers},
          {"curve", curve(clients, stretch)}};
}

}  // namespace pgcleave::watch

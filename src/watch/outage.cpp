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

// The clients of one bouncer.
using Group = std::vector<const ClientSeen*>;

std::vector<Group> by_bouncer(const std::vector<ClientSeen>& clients) {
  std::vector<Group> groups;
  for (const auto& client : clients) {
    auto same = std::find_if(groups.begin(), groups.end(),
                             [&](const Group& group) { return group.front()->bouncer == client.bouncer; });
    if (same == groups.end()) same = groups.emplace(groups.end());
    same->push_back(&client);
  }
  return groups;
}

std::vector<Time> answers_of(const Group& group) {
  std::vector<Time> answers;
  for (const auto* client : group) {
    for (const auto& write : client->writes) answers.push_back(write.at);
  }
  std::sort(answers.begin(), answers.end());
  return answers;
}

// For each write of a client: from the last answer that any client of its bouncer had before this one was sent, to its
// own answer. After a pause the one that is served last has it worst.
Gap longest_gap(const ClientSeen& client, const std::vector<Time>& answers, const Stretch& stretch) {
  Gap longest{stretch.from, {}, false};
  if (answers.empty()) return longest;
  const auto look = [&](Time since, Time answered, bool at_least) {
    const auto next = std::upper_bound(answers.begin(), answers.end(), since);
    const bool none_before = next == answers.begin();
    // Before its first write a client logs in, which is no outage unless clients already waited.
    if (none_before && stretch.served_at_first) return;
    const auto last = none_before ? stretch.from : *(next - 1);
    if (between(last, answered) > longest.length) longest = {last, between(last, answered), at_least || none_before};
  };
  for (const auto& write : client.writes) look(write.since, std::min(write.at, stretch.to), write.at > stretch.to);
  if (client.waits_since && !client.writes.empty()) look(*client.waits_since, stretch.to, true);
  return longest;
}

std::vector<Gap> longest_gaps(const Group& group, const Stretch& stretch) {
  const auto answers = answers_of(group);
  std::vector<Gap> gaps;
  for (const auto* client : group) gaps.push_back(longest_gap(*client, answers, stretch));
  return gaps;
}

// Of all clients, also of those that happened not to want anything meanwhile.
Duration mean_length(const std::vector<Gap>& gaps) {
  Duration sum{};
  for (const auto& gap : gaps) sum += gap.length;
  return gaps.empty() ? sum : sum / static_cast<Duration::rep>(gaps.size());
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
  const auto* fitting = std::find_if(curve_steps_ms.begin(), curve_steps_ms.end() - 1, [&](int step) {
    return total_ms / static_cast<std::size_t>(step) < longest_curve;
  });
  const auto step = static_cast<std::size_t>(*fitting);
  std::vector<int> writes(std::min(total_ms / step + 1, longest_curve));
  for (const auto& client : clients) {
    for (const auto& write : client.writes) {
      const auto at =
          static_cast<std::size_t>(std::max<std::int64_t>(between(stretch.from, write.at).count(), 0) / 1000) / step;
      if (at < writes.size()) ++writes[at];
    }
  }
  return {{"from_us", stretch.from_us}, {"step_ms", step}, {"writes", writes}};
}

Json bouncer(const Group& group, const Gap& gap) {
  std::size_t writes = 0;
  int errors = 0;
  std::string first_error;
  std::string first_on;
  std::string last_on;
  Duration wait{};
  Time first = Time::max();
  Time last = Time::min();
  for (const auto* client : group) {
    writes += client->writes.size();
    errors += client->errors;
    if (first_error.empty()) first_error = client->first_error;
    wait = std::max(wait, client->longest_wait);
    if (client->writes.empty()) continue;
    const auto& front = client->writes.front();
    const auto& back = client->writes.back();
    if (front.at < first) first_on = cluster_of(*client, front);
    if (back.at > last) last_on = cluster_of(*client, back);
    first = std::min(first, front.at);
    last = std::max(last, back.at);
  }
  return {{"name", group.front()->bouncer},
          {"writes", writes},
          {"errors", errors},
          {"first_error", first_error},
          {"outage_ms", milliseconds(gap.length)},
          {"longest_wait_ms", milliseconds(wait)},
          {"first_on", first_on},
          {"last_on", last_on}};
}

}  // namespace

Json outage_in_json(const std::vector<ClientSeen>& clients, const Stretch& stretch) {
  Gap longest{stretch.from, {}, false};
  std::string through;
  Duration wait{};
  int errors = 0;
  Json bouncers = Json::array();
  std::vector<Gap> all;
  for (const auto& group : by_bouncer(clients)) {
    const auto gaps = longest_gaps(group, stretch);
    const auto worst =
        *std::max_element(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) { return a.length < b.length; });
    if (worst.length > longest.length) {
      longest = worst;
      through = group.front()->bouncer;
    }
    bouncers.push_back(bouncer(group, worst));
    all.insert(all.end(), gaps.begin(), gaps.end());
  }
  for (const auto& client : clients) {
    wait = std::max(wait, client.longest_wait);
    errors += client.errors;
  }
  return {{"outage_ms", milliseconds(longest.length)},
          {"mean_outage_ms", milliseconds(mean_length(all))},
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

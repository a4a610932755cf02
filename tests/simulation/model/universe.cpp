#include "model/universe.h"

#include <algorithm>
#include <memory>

#include "base/format.h"

namespace pgcleave::simulation {
namespace {

using fence::Owner;

// Long enough that a position which is captured too early shows, short enough for the budget.
constexpr Instant physical_lag = 30'000;
constexpr Instant logical_lag = 5'000;
constexpr Instant lag_of_replicas = 20'000;  // behind their leader
constexpr Instant transaction = 3'000;
constexpr Instant transaction_of_a_bypass = 12'000;
constexpr Instant pause_of_a_client = 2'000;
// However long a step of time is, what happens in it is cut into this many pieces.
constexpr Instant finest = 1'000;
constexpr Instant pieces = 24;
// Where only the end of a link is waited for, for minutes.
constexpr Instant takes_effect_within = 3'000'000;
constexpr Instant long_after_a_failover = 3'000'000;
constexpr Instant calm = 10'000;

std::unique_ptr<Universe> the_universe;

}  // namespace

const postgres::TableName& moved_table() {
  static const postgres::TableName table{"ci", "builds"};
  return table;
}

Universe& universe() {
  return *the_universe;
}

void begin_universe(int pgbouncer) {
  the_universe = std::make_unique<Universe>();
  for (auto& bouncer : the_universe->bouncers) bouncer.version = pgbouncer;
}

Universe::Universe() {
  source.scope = "main";
  source.port = 5001;
  source.end = 0x3000000;
  source.redo = source.end;
  target.which = Owner::target;
  target.scope = "ci";
  target.port = 5002;
  begin_wal(source);
  become_standby(target, source);
  source.slots["ci_standby"] = {"", source.end, 0, true, true};
  source_patroni.rest_port = 8001;
  target_patroni.rest_port = 8002;
  // Whoever waits for the replica goes by loop_wait: few looks, since each is a place for a fault.
  target_patroni.config = {
      {"loop_wait", 1},
      {"standby_cluster", {{"host", "127.0.0.1"}, {"port", 5001}, {"primary_slot_name", "ci_standby"}}}};
  for (int i = 0; i < 2; ++i) {
    Bouncer bouncer;
    bouncer.name = fmt::format("bouncer-{}", i + 1);
    bouncer.port = 6001 + i;
    bouncer.route = {"127.0.0.1", source.port};
    bouncer.file = bouncer_file(bouncer.route);
    bouncers.push_back(bouncer);
    Client client;
    client.bouncer = i;
    clients.push_back(client);
  }
  for (const auto side : {Owner::source, Owner::target}) {
    Client bypass;
    bypass.direct = side;
    clients.push_back(bypass);
  }
}

Server* Universe::server_at(int port) {
  if (port == source.port) return &source;
  if (port == target.port) return &target;
  return port > ports_to_replica ? server_at(port - ports_to_replica) : nullptr;
}

void Universe::thaw(bool in_order) {
  const auto told = std::exchange(unwritten, {});
  if (!std::exchange(frozen, {}).value_or(false) || !in_order) return;
  for (const auto& event : told) {
    journal.push_back(event);
    journal.back().seq = static_cast<std::int64_t>(journal.size());
  }
  synced = journal.size();
}

Instant Universe::known_to_replicas() const {
  return now - lag_of_replicas;
}

void Universe::fail_over(Owner side) {
  auto& failed = server(side);
  if (!failed.writable()) return;
  for (const auto id : simulation::fail_over(failed, known_to_replicas())) history.lost_by_failover.insert(id);
  history.failed_over.insert(side);
  failed_over_at = now;
  if (side == Owner::source && target.in_recovery && target_patroni.promotes_at < 0)
    history.failed_over_before_promotion = true;
  auto& follower = side == Owner::source ? target : source;
  if (follower.in_recovery && follower.end > failed.end) follower.left_behind = true;
}

void Universe::restart(const std::string& name) {
  for (auto& bouncer : bouncers) {
    if (name.ends_with(bouncer.name)) bouncer.restart();
  }
  for (auto* one : {&source, &target}) {
    if (name == one->scope + "-" + std::to_string(one->member)) ++one->incarnation;
  }
}

void Universe::advance(Duration duration) {
  advance_to(now + duration.count());
}

bool Universe::calm_since(Instant moment) const {
  return failed_over_at >= 0 && moment - failed_over_at > long_after_a_failover;
}

void Universe::advance_to(Instant when) {
  while (now < when) {
    const auto left = when - now;
    now += std::min(left, std::max(calm_since(now) ? calm : finest, left / pieces));
    step();
  }
}

void Universe::let_arrive() {
  auto last = now;
  for (const auto& [at, request] : under_way) {
    if (request) last = std::max(last, at + takes_effect_within);
  }
  advance_to(last);
}

void Universe::step() {
  for (std::size_t i = 0; i < under_way.size(); ++i) {
    if (under_way[i].first > now || !under_way[i].second) continue;
    std::exchange(under_way[i].second, nullptr)();
  }
  run_loop(source_patroni, source, target, now);
  run_loop(target_patroni, target, source, now);
  if (const auto slot = source.slots.find("ci_standby"); slot != source.slots.end()) {
    slot->second.active = target.in_recovery && target.up;
    if (slot->second.active) slot->second.xmin = true;  // hot_standby_feedback
  }
  if (target.in_recovery && target.up && target_patroni.promotes_at < 0) replay(target, source, now - physical_lag);
  for (auto* subscriber : {&source, &target}) {
    for (const auto& [name, subscription] : subscriber->db.subscriptions)
      apply_logical(*subscriber, name, server(subscription.publisher), now, now - logical_lag);
  }
  for (auto& client : clients) go_on(client);
  watch();
}

// At every instant at most one side lets clients write. Asked at each step of time: the owner of a side is read only
// while both are primaries.
void Universe::watch() {
  if (!source.writable() || !target.writable()) return;
  if (source.lets_write(moved_table()) && target.lets_write(moved_table()) && history.violations.empty())
    history.violations.push_back(fmt::format("both sides let clients write at {} us", now));
}

bool Universe::is_active(const Bouncer& bouncer) const {
  return std::any_of(clients.begin(), clients.end(), [&](const auto& client) {
    return client.bouncer >= 0 && &bouncers[static_cast<std::size_t>(client.bouncer)] == &bouncer &&
           client.stage == Stage::writing;
  });
}

std::vector<const Client*> Universe::writing_on(Owner side) const {
  std::vector<const Client*> found;
  for (const auto& client : clients) {
    if (client.stage == Stage::writing && client.on == side) found.push_back(&client);
  }
  return found;
}

void Universe::go_on(Client& client) {
  if (client.stage == Stage::writing) {
    if (now >= client.until) commit(client);
    return;
  }
  if (client.stage == Stage::idle && now - client.since < pause_of_a_client) return;
  if (client.bouncer < 0) return begin(client, server(client.direct));
  auto& bouncer = bouncers[static_cast<std::size_t>(client.bouncer)];
  if (!bouncer.lets_clients_go() || bouncer.stalled_until() > now) {
    if (client.stage == Stage::idle) client.since = now;
    client.stage = Stage::waiting;
    return;
  }
  if (client.stage == Stage::waiting) history.longest_wait = std::max(history.longest_wait, now - client.since);
  bouncer.login_closed_at = -1;
  if (auto* to = server_at(bouncer.route.port); to != nullptr) return begin(client, *to);
  client.stage = Stage::idle;
  client.since = now;
}

// The statement takes its lock, then the trigger looks at the owner; the row shows with the commit.
void Universe::begin(Client& client, Server& to) {
  client.since = now;
  client.stage = Stage::idle;
  if (!to.lets_write(moved_table())) {
    if (client.bouncer >= 0) ++history.refused;
    return;
  }
  client.stage = Stage::writing;
  client.id = ++last_write;
  client.key = ++to.db.last_key;
  client.on = to.which;
  client.incarnation = to.incarnation;
  client.until = now + (client.bouncer < 0 ? transaction_of_a_bypass : transaction);
}

void Universe::commit(Client& client) {
  auto& to = server(client.on);
  client.stage = Stage::idle;
  client.since = now;
  if (!to.writable() || to.incarnation != client.incarnation) {
    ++history.unknown;
    return;
  }
  if (to.db.rows.contains(client.key)) {
    history.violations.push_back(fmt::format("{} gave out key {} twice", to.scope, client.key));
    return;
  }
  const auto key = client.key;
  to.commit(now, [key](Database& db) { db.last_key = std::max(db.last_key, key); }, Row{key, client.id, nullptr});
  history.acknowledged[client.id] = to.which;
  client.served = client.id;
}

std::string witness_of(const Server& server) {
  const auto& config = universe().patroni(server.which).config;
  const auto* place = &config;
  for (const auto* key : {"postgresql", "parameters", "pgcleave.ci"}) {
    const auto found = place->find(key);
    if (found == place->end()) return "";
    place = &*found;
  }
  return place->is_string() ? place->get<std::string>() : "";
}

}  // namespace pgcleave::simulation

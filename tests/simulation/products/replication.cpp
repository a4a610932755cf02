// Publications, slots, subscriptions, sequences.
#include "postgres/replication.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/applying.h"
#include "postgres/sequence_uses.h"
#include "postgres/sequences.h"
#include "postgres/slot_copy.h"
#include "products/wire.h"

namespace pgcleave::postgres {

using simulation::change_on;
using simulation::Database;
using simulation::reach;
using simulation::Server;
using simulation::universe;

namespace {

Slot slot_of(const std::string& name, const simulation::HeldSlot& held) {
  Slot slot;
  slot.name = name;
  slot.plugin = held.plugin;
  slot.database = held.plugin.empty() ? "" : "app";
  slot.active = held.active;
  slot.restart.position = held.restart;
  slot.confirmed.position = held.confirmed;
  slot.wal_status = "reserved";
  slot.keeps_from_vacuum = held.xmin;
  return slot;
}

Result<Slot> made(Connection& primary, const std::string& name, const std::string& plugin, Deadline deadline) {
  TRY_ASSIGN(const auto found, slot(primary, name, deadline));
  if (found && found->plugin == plugin) return *found;
  if (found)
    return fail(
        {ErrorKind::conflict, "replication slot " + name, "exists already and is a different one", "", "", "", ""});
  Slot slot;
  TRY(change_on(primary, "create slot " + name, deadline, [&](Server& server) -> Result<void> {
    // A logical slot begins where every transaction that writes has ended once (PostgreSQL 15).
    while (!plugin.empty() && !universe().writing_on(server.which).empty()) {
      bool older = false;
      const auto asked = universe().now;
      for (const auto* client : universe().writing_on(server.which)) older = older || client->since < asked;
      if (!older) break;
      universe().advance(std::chrono::milliseconds(15));
      break;
    }
    const auto from = plugin.empty() ? server.redo : server.end;
    server.slots[name] = {plugin, from, plugin.empty() ? 0 : from, false};
    slot = slot_of(name, server.slots[name]);
    return {};
  }));
  return slot;
}

}  // namespace

Result<std::optional<Slot>> slot(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  const auto found = server->slots.find(name);
  if (found == server->slots.end()) return std::nullopt;
  return slot_of(name, found->second);
}

Result<Slot> create_logical_slot(Connection& primary, const std::string& name, Deadline deadline, Failover) {
  return made(primary, name, "pgoutput", deadline);
}

Result<Slot> create_physical_slot(Connection& primary, const std::string& name, Deadline deadline) {
  return made(primary, name, "", deadline);
}

Result<void> renew_physical_slot(Connection& primary, const std::string& name, Deadline deadline) {
  return change_on(primary, "renew slot " + name, deadline, [&](Server& server) -> Result<void> {
    const auto held = server.slots.find(name);
    if (held == server.slots.end() || held->second.active)
      return fail({ErrorKind::failed, name, "can't be made anew", "", "", "", ""});
    held->second = {"", server.end, 0, false, false};
    return {};
  });
}

Result<void> drop_slot(Connection& primary, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(auto* server, reach(primary, deadline));
  return simulation::change(
      primary.name(), "drop slot " + name, deadline, [&] { primary.close(); },
      [&]() -> Result<void> {
        server->slots.erase(name);
        return {};
      });
}

Result<std::optional<Publication>> publication(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  const auto found = server->db.publications.find(name);
  if (found == server->db.publications.end()) return std::nullopt;
  return found->second;
}

Result<void> create_publication(Connection& primary, const std::string& name, const Publication& wanted,
                                Deadline deadline) {
  return change_on(primary, "create publication " + name, deadline, [&](Server& server) -> Result<void> {
    auto sorted = wanted;
    std::sort(sorted.tables.begin(), sorted.tables.end());
    server.commit(universe().now, [name, sorted](Database& db) { db.publications[name] = sorted; });
    return {};
  });
}

Result<void> open_publication(Connection& primary, const std::string& name, bool open, Deadline deadline) {
  return change_on(primary, (open ? "open publication " : "close publication ") + name, deadline,
                   [&](Server& server) -> Result<void> {
                     if (!server.db.publications.contains(name))
                       return fail(simulation::refusal(primary.name(), "publication does not exist", "42704"));
                     server.commit(universe().now, [name, open](Database& db) { db.publications[name].open = open; });
                     return {};
                   });
}

Result<void> drop_publication(Connection& primary, const std::string& name, Deadline deadline) {
  return change_on(primary, "drop publication " + name, deadline, [&](Server& server) -> Result<void> {
    server.commit(universe().now, [name](Database& db) { db.publications.erase(name); });
    return {};
  });
}

Result<std::optional<Subscription>> subscription(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  const auto found = server->db.subscriptions.find(name);
  if (found == server->db.subscriptions.end()) return std::nullopt;
  const auto& there = found->second;
  const auto& publisher = universe().server(there.publisher);
  const auto held = publisher.slots.find(there.slot);
  Subscription out;
  out.name = name;
  out.enabled = there.enabled;
  out.slot = there.slot;
  out.oid = there.oid;
  out.worker = server->writable() && there.enabled && there.errors == 0 && publisher.writable() &&
               held != publisher.slots.end() && held->second.active;
  out.applied.position = there.origin;
  out.latest_end.position = out.worker ? there.latest_end : 0;
  out.apply_errors = there.errors;
  out.options.as_owner = true;  // as PostgreSQL 15 applies
  return out;
}

Result<void> create_subscription(Connection& primary, const SubscriptionSpec& spec, Deadline deadline) {
  TRY_ASSIGN(const auto existing, subscription(primary, spec.name, deadline));
  if (existing && existing->slot == spec.slot) return {};
  if (existing)
    return fail(
        {ErrorKind::conflict, "subscription " + spec.name, "exists already and reads another slot", "", "", "", ""});
  return change_on(primary, "create subscription " + spec.name, deadline, [&](Server& server) -> Result<void> {
    const auto port = fmt::format("port='{}'", universe().target.port);
    simulation::Subscribed made;
    made.publisher = spec.connection.find(port) == std::string::npos ? fence::Owner::source : fence::Owner::target;
    made.slot = spec.slot;
    made.publication = spec.publication;
    made.origin = spec.from ? spec.from->position : 0;
    made.oid = 20000;
    if (!universe().server(made.publisher).up)
      return fail(simulation::refusal(primary.name(), "could not connect to the publisher", "08006"));
    server.commit(universe().now, [name = spec.name, made](Database& db) { db.subscriptions[name] = made; });
    return {};
  });
}

Result<void> enable_subscription(Connection& primary, const std::string& name, Deadline deadline) {
  return change_on(primary, "enable subscription " + name, deadline, [&](Server& server) -> Result<void> {
    if (!server.db.subscriptions.contains(name))
      return fail(simulation::refusal(primary.name(), "subscription does not exist", "42704"));
    server.commit(universe().now, [name](Database& db) { db.subscriptions[name].enabled = true; });
    return {};
  });
}

Result<void> disable_subscription(Connection& primary, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto existing, subscription(primary, name, deadline));
  if (!existing) return {};
  return change_on(primary, "disable subscription " + name, deadline, [&](Server& server) -> Result<void> {
    server.commit(universe().now, [name](Database& db) { db.subscriptions[name].enabled = false; });
    return {};
  });
}

Result<void> drop_subscription(Connection& primary, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto existing, subscription(primary, name, deadline));
  if (!existing) return {};
  return change_on(primary, "drop subscription " + name, deadline, [&](Server& server) -> Result<void> {
    auto& publisher = universe().server(server.db.subscriptions.at(name).publisher);
    if (const auto held = publisher.slots.find(existing->slot); held != publisher.slots.end())
      held->second.active = false;
    server.commit(universe().now, [name](Database& db) { db.subscriptions.erase(name); });
    return {};
  });
}

// As PostgreSQL 15, which copies no slot.
Result<SlotCopy> slot_copy(Connection& standby, const std::string&, Deadline deadline) {
  TRY(reach(standby, deadline));
  SlotCopy copy;
  copy.version = standby.server_version();
  return copy;
}

// Nothing else replicates into moved tables, and none has row security.
Result<std::vector<std::string>> other_origins(Connection& publisher, const std::vector<TableName>&,
                                               const std::vector<std::string>&, Deadline deadline) {
  TRY(reach(publisher, deadline));
  return std::vector<std::string>();
}

Result<RowSecurity> row_security(Connection& subscriber, const std::vector<TableName>&, Deadline deadline) {
  TRY(reach(subscriber, deadline));
  return RowSecurity{true, {}};
}

Result<Lsn> applied(Connection& connection, const std::string& name, bool, Deadline deadline) {
  TRY_ASSIGN(const auto found, subscription(connection, name, deadline));
  if (found) return found->applied;
  return fail({ErrorKind::not_ready, connection.name(), "has no subscription " + name, "", "", "", ""});
}

Result<std::vector<SequenceUse>> sequence_uses(Connection& connection, Deadline deadline) {
  TRY(reach(connection, deadline));
  SequenceUse use;
  use.name = {"ci", "builds_id_seq"};
  use.owner = TableName{"ci", "builds"};
  use.uses = {{"ci", "builds"}};
  return std::vector<SequenceUse>{use};
}

Result<std::vector<Sequence>> sequences(Connection& connection, const std::vector<TableName>& names,
                                        Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  if (names.empty()) return std::vector<Sequence>();
  Sequence sequence;
  sequence.name = {"ci", "builds_id_seq"};
  sequence.last_value = std::max<std::int64_t>(server->db.last_key, 1);
  sequence.is_called = server->db.last_key > 0;
  sequence.maximum = INT64_MAX;
  sequence.oid = 17000;
  return std::vector<Sequence>{sequence};
}

Result<void> SequenceReader::prepare(Connection& connection, const std::vector<TableName>& names, Deadline deadline) {
  TRY(sequences(connection, names, deadline));
  names_ = names;
  holds_ = deadline;
  return {};
}

Result<std::vector<Sequence>> SequenceReader::read(Connection& connection, Deadline deadline) {
  return sequences(connection, names_, deadline);
}

Result<void> set_sequences(Connection& primary, const std::vector<Bump>& bumps, Deadline deadline) {
  if (bumps.empty()) return {};
  return change_on(primary, "set sequences", deadline, [&](Server& server) -> Result<void> {
    const auto value = bumps.front().value;
    server.commit(universe().now, [value](Database& db) { db.last_key = value; });
    return {};
  });
}

}  // namespace pgcleave::postgres

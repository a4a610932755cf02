// The judgements of postgres/slot_copy.h, which ask nobody.
#include "postgres/slot_copy.h"
#include "postgres/sql/subscription_options.h"

namespace pgcleave::postgres {

std::string SlotCopy::setup_problem() const {
  if (version < failover_slots_since) return "PostgreSQL before 17 synchronizes no slots";
  if (!synchronizes) return "sync_replication_slots is off there";
  if (!feedback) return "hot_standby_feedback is off there";
  if (!streams_by_slot) return "it streams without a slot (primary_slot_name)";
  if (!knows_database) return "its primary_conninfo names no dbname (Patroni 4.0 and later writes one)";
  return "";
}

std::string SlotCopy::problem() const {
  if (const auto setup = setup_problem(); !setup.empty()) return setup;
  if (!exists) return "it has no copy of the slot yet";
  if (!synced) return "it has a slot of that name of its own, which has to be dropped there";
  if (!invalidated.empty()) return "its copy was invalidated (" + invalidated + ")";
  if (temporary) return "its copy is not ready yet";
  return "";
}

}  // namespace pgcleave::postgres

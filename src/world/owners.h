// Who owns a split, as both sides tell it: each leader's own value and epoch, and what Patroni was told
// (fence/sql/witness.h). For `status`, `check` and `repair-owner`; nothing is changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fence/owner_state.h"
#include "fence/sql/witness.h"
#include "world/world.h"

namespace pgcleave::world {

struct OwnerOnSide {
  fence::Owner which = fence::Owner::source;
  std::string label;   // "source main"
  std::string unseen;  // why its database tells nothing
  bool in_recovery = false;
  std::string member;  // that leads
  std::uint32_t timeline = 0;
  fence::OwnerState state;
  std::string configured_unseen;              // why its Patroni tells nothing
  std::string configured;                     // the witness in the dynamic configuration; "": none
  std::vector<std::string> not_durable = {};  // world/durability.h

  [[nodiscard]] bool seen() const { return unseen.empty(); }
  [[nodiscard]] bool owns() const { return seen() && !in_recovery && state.owner == which; }
  [[nodiscard]] std::string text()
      const;  // "source main: main-2 on timeline 3 says source, epoch 5; its Patroni says target, epoch 7"
};

struct Owners {
  OwnerOnSide source;
  OwnerOnSide target;
  // Both are asked at once. What can't be asked says so. Not with a run's own world: it notes who leads
  // (Side::note_leadership).
  static Owners ask(World& world, Deadline deadline);

  [[nodiscard]] const OwnerOnSide& side(fence::Owner which) const {
    return which == fence::Owner::target ? target : source;
  }
  [[nodiscard]] bool both() const { return source.owns() && target.owns(); }
  // Neither owns, and neither is a standby of the other that only has not heard of it.
  [[nodiscard]] bool nobody() const;
  [[nodiscard]] bool installed() const { return source.state.owner.has_value() || target.state.owner.has_value(); }
  // What the witnesses should say; no value: nobody owns, both do, or nothing was ever split.
  [[nodiscard]] std::optional<fence::Witness> wanted_witness() const;
  // Clusters that were not told so, with what they say instead.
  [[nodiscard]] std::vector<std::string> missing_witnesses() const;
  // What this cluster's Patroni was told keeps every stale member of the other side from writing.
  [[nodiscard]] bool tells_enough(const OwnerOnSide& on, const fence::Witness& wanted) const;
};

// Why a rollback to this source would lose rows; "": its log does not say so. A source whose release came after the
// take of the target was promoted without the release, and set to nobody by repair-owner: it never had what the target
// wrote before that, and neither its subscription nor its position there can be trusted.
std::string rollback_blocker(const std::string& source_label, const fence::OwnerState& source,
                             const fence::OwnerState& target);
// Asks both leaders.
Result<std::string> rollback_blocker(World& world, Deadline deadline);

// Telling Patroni who owns a split (fence/sql/witness.h), and asking what it was told.

// As the cluster's dynamic configuration has it; null: it has none.
Result<Json> configured_witness(const World& world, Side& cluster, Deadline deadline);

// One PATCH. Returns when the configuration shows it and, unless it is taken away, the cluster's leader has it in
// force. Idempotent.
Result<void> put_witness(World& world, Side& cluster, const Json& text, Deadline deadline, const StopFlag* stop);

// What `owner` should be told of everywhere; no value while it does not own.
Result<std::optional<fence::Witness>> witness_of(World& world, Side& owner, Deadline deadline);

}  // namespace pgcleave::world

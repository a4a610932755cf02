// Patroni's configuration as a witness of who owns a split: a setting `pgcleave.<split>` in postgresql.parameters,
// written after ownership was taken. Patroni writes it into the configuration file of a member before it starts
// PostgreSQL there, so also a member that was down meanwhile, and lacks the release, knows that it owns nothing when it
// is promoted (Patroni 3.0.2): the fence compares epochs.
//
//   pgcleave.epoch_<split>   sequence: the epoch under which this server last became an owner
#pragma once

#include <optional>
#include <string>

#include "fence/ownership.h"

namespace pgcleave::fence {

struct Witness {
  Owner owner = Owner::nobody;  // source or target
  int epoch = 0;                // under which it took ownership
  bool operator==(const Witness&) const = default;
  [[nodiscard]] std::string text() const;  // "target, epoch 7"
};

// As the fence reads it: POSIX, its group is the epoch.
inline constexpr const char* witness_pattern = "^(?:source|target), epoch ([0-9]{1,9})$";
std::string witness_setting(const std::string& split);  // "pgcleave.ci"

// No value: another text, such as none.
std::optional<Witness> read_witness(const std::string& text);

// The setting as this server has it; "" when it is not set. A client can set it for its own session, and can only harm
// itself by it or get past the witness, not past the owner.
Result<std::string> witness_in_force(postgres::Connection& connection, const std::string& split, Deadline deadline);

}  // namespace pgcleave::fence

// The other half of the fence: tables that stay are locked on the target, where only the source's cluster may write
// them.
//
//   fence_kept_<split>()  statement trigger: raises SQLSTATE 2F002 unless cluster_name is the source's
//
// It exists on the promoted target only, and asks no owner: who keeps the tables does not change.
#pragma once

#include "fence/ownership.h"

namespace pgcleave::fence {

enum class KeptFence { absent, other, installed };  // other: the function is there with another text

std::string kept_fence_body(const Fence& fence);

Result<KeptFence> kept_fence(postgres::Connection& connection, const Fence& fence, Deadline deadline);
// The function alone. Needs schema pgcleave.
Result<void> install_kept_fence(postgres::Connection& primary, const Fence& fence, Deadline deadline);
// The function alone: triggers must be gone.
Result<void> uninstall_kept_fence(postgres::Connection& primary, const Fence& fence, Deadline deadline);

// As fence_drift(), create_triggers() and drop_triggers() of ownership.h.
Result<FenceDrift> kept_fence_drift(postgres::Connection& connection, const Fence& fence,
                                    const std::vector<postgres::TableName>& kept, Deadline deadline);
Result<void> create_kept_triggers(postgres::Connection& primary, const Fence& fence,
                                  const std::vector<postgres::TableName>& tables, Duration lock_timeout,
                                  Deadline deadline, const StopFlag* stop);
Result<void> drop_kept_triggers(postgres::Connection& primary, const Fence& fence,
                                const std::vector<postgres::TableName>& tables, Duration lock_timeout,
                                Deadline deadline, const StopFlag* stop);

}  // namespace pgcleave::fence

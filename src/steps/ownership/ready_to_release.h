// Whether a window may take ownership from a side. Asked just before the window is entered, so that clients do not wait
// for the answer.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

// `not_ready` with all that is wrong on the side that owns: tables without a fence, table_obstacles(), prepared
// transactions that would outlast the drain or be copied by the promotion.
Result<void> ready_to_release(Context& context);

// After the drain: `not_ready` when partitions or children without a fence were created since ready_to_release().
Result<void> all_fenced_after_release(Context& context, postgres::Connection& leader);

}  // namespace pgcleave::steps

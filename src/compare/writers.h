// What a copy may show before the original does. Once a commit is in the WAL it is sent to whoever follows. The
// original shows it to others only after that, and after a synchronous standby has answered (RecordTransactionCommit,
// PostgreSQL 15 to 18): usually within microseconds, but for as long as such a standby is away.
#pragma once

#include "base/deadline.h"
#include "postgres/catalog.h"
#include "postgres/connection.h"

namespace pgcleave::compare {

// Waits until the original shows every commit to `table` that a reader of the copy may have seen before this was
// called: until each transaction that held a writer's lock on the table has ended, or sits idle, so did not commit.
// Transactions that begin meanwhile are not waited for. False: one has not ended after `patience`. `interrupted` when
// `stop` was requested.
Result<bool> let_commits_be_shown(postgres::Connection& original, const postgres::TableName& table, Duration patience,
                                  const StopFlag* stop);

}  // namespace pgcleave::compare

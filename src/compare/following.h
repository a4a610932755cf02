// How the copy follows the original, and whether it has caught up with a position.
#pragma once

#include <functional>
#include <string>

#include "base/lsn.h"
#include "compare/pair.h"

namespace pgcleave::compare {

// Up to where the copy has done what the original did.
struct Reached {
  Lsn seen;        // and every session sees it
  Lsn committing;  // sessions may not see the last transaction of it yet
};

struct Following {
  // A position that is not before any commit that a session of the original has seen by now. Empty, as the other: the
  // copy does not follow.
  std::function<Result<Lsn>(postgres::Connection& original, Deadline)> position = nullptr;
  std::function<Result<Reached>(postgres::Connection& copy, Deadline)> reached = nullptr;
  std::string text;       // for people: "subscription pgcleave_ci_forward"
  bool by_apply = false;  // a subscription's worker writes the rows: triggers may fire, and DDL does not follow

  [[nodiscard]] bool follows() const { return static_cast<bool>(position); }
};

Following no_following();
Following by_replay();  // a physical standby
Following by_subscription(const std::string& name);

// As long as the copy comes nearer. When it has stood still for half a second, the original is made to flush its WAL.
// `timed_out` with both positions when it stood still for `patience`, `interrupted`, or what a server answers.
Result<void> wait_until_followed(const Following& following, Pair& pair, Lsn position, Duration patience,
                                 const StopFlag* stop);

// Where the last record ends, if the next one begins at `insert`: at the begin of a page it stands behind the page's
// header, and a position there would never be reached as long as nothing more is written (XLogBytePosToRecPtr, 15).
Lsn end_of_records(Lsn insert, std::uint64_t page, std::uint64_t segment);

}  // namespace pgcleave::compare

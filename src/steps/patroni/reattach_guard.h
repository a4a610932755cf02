// What must hold on a promoted cluster itself, read there right before it is made a standby again or cloned anew: it
// does not own the moved tables, and has no rows of its own but those that a person gave up. What the journal says is
// no proof.
#pragma once

#include <optional>
#include <string>

#include "steps/patroni/discarded_writes.h"

namespace pgcleave::steps {

class ReattachGuard {
 public:
  // `given_up`: the words that a person has typed at a gate; "" for none.
  ReattachGuard(Context& context, Side& cluster, const CountedClasses& classes, std::string given_up);

  // Refuses as `conflict` when the cluster says that it owns, as `waiting` (of "gate <step>", the words in `expected`)
  // when it has more of its own than was given up, and when it can't be read. Asks nobody at the terminal; looks for an
  // approval of this step.
  Result<void> may_follow(postgres::Connection& leader);
  // The same, while writers of the counted tables are held up until the cluster stops or this object goes: between the
  // count and the stop none is acknowledged.
  Result<void> follows_now(postgres::Connection& leader);
  // The same before its data folders are emptied. A cluster that was seen here before it was put back needs no other
  // look; one that can't be read is given up in words too.
  Result<void> may_be_cloned();

  // What was given up, as seen last: "2 rows of public.cfg"; "" for nothing.
  [[nodiscard]] const std::string& given_up() const { return seen_; }

 private:
  Result<void> owns_nothing(postgres::Connection& leader, bool& installed);
  Result<void> hold_writers(postgres::Connection& leader);
  Result<void> approved(const std::string& text, const std::string& words);

  Context& context_;
  Side& cluster_;
  CountedClasses classes_;
  std::string accepted_;  // words
  std::string rows_;      // the part of them that names counted rows
  std::string seen_;
  bool proven_ = false;
  bool put_back_ = false;                        // it was let go: what it has may be lost since
  std::optional<postgres::Connection> holding_;  // the session whose locks hold up writers
};

}  // namespace pgcleave::steps

// Who acts on a split, told inside the databases themselves, so that an operator on another host with another journal
// sees it, and so that whoever acted before can't any more.
//
//   pgcleave.holder   table: split, run, epoch, operator, host, journal, since, ended. A row per split on each side. A
//   standby has its
//                     primary's.
//
// It is signed together with a row in the ownership log whose expected and next are the same: nothing is passed by it,
// but from its commit on pass_ownership() refuses every lower epoch, also one that was sent before and has not arrived
// yet.
#pragma once

#include <optional>
#include <string>

#include "base/deadline.h"
#include "postgres/connection.h"

namespace pgcleave::fence {

struct Holder {
  std::string run;
  int epoch = 0;
  std::string by;  // user@host
  std::string host;
  std::string journal;  // its path there, and which file that is (journal_of_file)
  std::string since;    // UTC, for people; what hold() is given is ignored
  bool over = false;    // it said that its run is over

  // The same run by the same journal: its lock says that no other process of it lives. One that tells its path alone is
  // of an older version.
  [[nodiscard]] bool continues(const Holder& earlier) const;
  // By this very journal.
  [[nodiscard]] bool same_journal(const Holder& other) const { return host == other.host && journal == other.journal; }
  [[nodiscard]] std::string text() const;  // "run r-..., by ops@db1 since ..., journal ... on db1"
};

// A journal as its holder tells it. A copy of it, or a file that was put in its place, is another. Versions before told
// the path alone.
std::string journal_of_file(const std::string& path, const std::string& file);
std::string path_of_journal(const std::string& journal);

struct Held {
  bool installed = false;
  std::optional<Holder> holder;  // none: nobody yet
  int last_epoch = 0;            // the highest in the ownership log
};
// Reads only.
Result<Held> held(postgres::Connection& connection, const std::string& split, Deadline deadline);

// Signs the split for `me`. False when there is nothing to sign: the fence is not installed here, or the server is a
// standby. `held` when another run that is not over has it, unless `take_over`; `conflict` when somebody acts under
// this epoch or a higher one. Idempotent.
Result<bool> hold(postgres::Connection& primary, const std::string& split, const Holder& me, bool take_over,
                  Deadline deadline);

// Says that the run is over; nothing happens when another has taken over. False as in hold().
Result<bool> release_lease(postgres::Connection& primary, const std::string& split, const std::string& run,
                           Deadline deadline);

}  // namespace pgcleave::fence

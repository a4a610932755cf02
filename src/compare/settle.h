// Whether rows that differed at one look really do. Clients write meanwhile, and the copy is always a little behind.
//
// A row is judged only when nobody changed it between two looks. After the first look a position of the original is
// noted, and the copy is waited for until it has done all that lies before. Then the copy is read, and, once the
// original shows all that the copy may have shown (writers.h), the original: a row that it holds as it did at the first
// look is in that state all the while, so the copy must have it too. A row that the copy alone holds is judged at the
// second of such looks, since the first reading of a block is of both at once: the original may have got the row and
// lost it again while the copy was read. Whoever writes a row at each look is looked at again, some times; then it is
// left undecided. So is a row that differs while somebody who writes the table does not end.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compare/block.h"
#include "compare/following.h"

namespace pgcleave::compare {

enum class Kind { missing, extra, changed };  // on the copy
const char* name_of(Kind kind);

struct Seen {
  std::optional<Version> original;
  std::optional<Version> copy;
  [[nodiscard]] bool differs() const;
};
using Suspects = std::map<std::string, Seen>;  // by the key's text

// The rows that differ in these.
Suspects suspects_in(const Both<Versions>& rows);

struct Settled {
  std::map<std::string, Kind> different;
  std::vector<std::string> undecided;
  int looks = 0;
};

struct Patience {
  Duration to_connect = std::chrono::seconds(30);
  Duration with_copy = std::chrono::minutes(1);  // that stands still, before it has caught up
  Duration with_request = std::chrono::minutes(10);
  Duration with_writers = std::chrono::seconds(10);  // who may be committing, when rows differ
  int looks = 30;
  const StopFlag* stop = nullptr;
};

Result<Settled> settle(BlockReader& reader, const Following& following, Suspects suspects, const Patience& patience);

// Notes the original's position and waits until the copy has reached it; at once where the copy does not follow.
Result<void> let_copy_catch_up(Pair& pair, const Following& following, const Patience& patience);

}  // namespace pgcleave::compare

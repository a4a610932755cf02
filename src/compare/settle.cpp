#include "compare/settle.h"

#include <algorithm>

#include "compare/writers.h"

namespace pgcleave::compare {
namespace {

constexpr Duration first_rest = std::chrono::milliseconds(1);
constexpr Duration longest_rest = std::chrono::milliseconds(100);

std::optional<Version> in(const Versions& versions, const std::string& key) {
  const auto found = versions.find(key);
  return found == versions.end() ? std::nullopt : std::optional(found->second);
}

Kind kind_of(const Seen& seen) {
  if (!seen.copy) return Kind::missing;
  return seen.original ? Kind::changed : Kind::extra;
}

// The original held the row all the while. One that it does not hold may have come and gone in between: the copy must
// hold the same one at both looks, and at the first (`ordered`) have been read before the original, so that it is one
// that the original had lost before the position was noted.
bool stood_still(const Seen& before, const Seen& now, bool follows, bool ordered) {
  if (before.original != now.original) return false;
  if (follows && now.original.has_value()) return true;
  return ordered && before.copy == now.copy;
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::missing: return "missing";
    case Kind::extra: return "extra";
    case Kind::changed: return "changed";
  }
  return "";
}

bool Seen::differs() const {
  if (original.has_value() != copy.has_value()) return true;
  return original.has_value() && (original->hash != copy->hash || original->rows != copy->rows);
}

Suspects suspects_in(const Both<Versions>& rows) {
  Suspects suspects;
  for (const auto& [key, version] : rows.original) suspects[key].original = version;
  for (const auto& [key, version] : rows.copy) suspects[key].copy = version;
  std::erase_if(suspects, [](const auto& one) { return !one.second.differs(); });
  return suspects;
}

Result<void> let_copy_catch_up(Pair& pair, const Following& following, const Patience& patience) {
  if (!following.follows()) return {};
  TRY_ASSIGN(const auto position, following.position(pair.original(), Deadline::in(patience.with_request)));
  return wait_until_followed(following, pair, position, patience.with_copy, patience.stop);
}

Result<Settled> settle(BlockReader& reader, const Following& following, Suspects suspects, const Patience& patience) {
  Settled settled;
  auto rest = first_rest;
  while (!suspects.empty() && settled.looks < patience.looks) {
    if (settled.looks++ > 0) {
      if (!sleep_until(Deadline::in(rest), rest, patience.stop)) return fail(gave_up("rows are settled", true));
      rest = std::min(rest * 2, longest_rest);
    }
    TRY(let_copy_catch_up(reader.pair(), following, patience));
    std::vector<std::string> keys;
    for (const auto& [key, seen] : suspects) keys.push_back(key);
    TRY_ASSIGN(const auto copy, reader.rows_of(reader.pair().copy(), keys, Deadline::in(patience.with_request)));
    bool shown = true;
    if (following.follows()) {
      TRY_ASSIGN(shown, let_commits_be_shown(reader.pair().original(), reader.table().name, patience.with_writers,
                                             patience.stop));
    }
    TRY_ASSIGN(const auto original,
               reader.rows_of(reader.pair().original(), keys, Deadline::in(patience.with_request)));
    for (const auto& key : keys) {
      auto& before = suspects[key];
      const Seen now{in(original, key), in(copy, key)};
      if (!now.differs()) {
        suspects.erase(key);
      } else if (shown && stood_still(before, now, following.follows(), settled.looks > 1)) {
        settled.different[key] = kind_of(now);
        suspects.erase(key);
      } else {
        before = now;
      }
    }
    if (!shown) break;
  }
  for (const auto& [key, seen] : suspects) settled.undecided.push_back(key);
  return settled;
}

}  // namespace pgcleave::compare

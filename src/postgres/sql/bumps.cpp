#include <map>

#include "base/format.h"
#include "postgres/sequences.h"

namespace pgcleave::postgres {
namespace {

// Sequences may span all of int8, so their arithmetic needs one bit more.
__extension__ using Wide = __int128;

struct Position {
  Wide last = 0;
  bool is_called = false;
};

Wide next_of(Position position, std::int64_t increment) {
  return position.is_called ? position.last + increment : position.last;
}

// Past the end, PostgreSQL starts again at the minimum (ascending) or the maximum (descending).
Wide wrapped(Wide value, Wide gap, const Sequence& sequence) {
  const Wide step = sequence.increment > 0 ? sequence.increment : -Wide(sequence.increment);
  const Wide room = (sequence.increment > 0 ? sequence.maximum - value : value - sequence.minimum) / step;
  if (gap <= room) return value + gap * sequence.increment;
  const Wide period = (Wide(sequence.maximum) - sequence.minimum) / step + 1;
  const Wide start = sequence.increment > 0 ? sequence.minimum : sequence.maximum;
  return start + (gap - room - 1) % period * sequence.increment;
}

// Half of what is left when the gap is wider: a rollback must not fail, while clients wait, since one sequence is
// nearly used up.
Wide fitting(Wide last, Wide gap, const Sequence& sequence) {
  const Wide step = sequence.increment > 0 ? sequence.increment : -Wide(sequence.increment);
  const Wide room = (sequence.increment > 0 ? sequence.maximum - last : last - sequence.minimum) / step;
  return gap <= room ? gap : std::max(room, Wide(0)) / 2;
}

Error refusal(const TableName& name, std::string what, std::string expected, std::string seen) {
  Error error;
  error.kind = ErrorKind::invalid;
  error.object = "sequence " + name.sql();
  error.what = std::move(what);
  error.expected = std::move(expected);
  error.seen = std::move(seen);
  return error;
}

Result<Bump> bump(const Sequence& from, const Sequence& to, std::int64_t gap) {
  if (from.increment != to.increment) {
    return fail(refusal(from.name, "increments by different steps on the two sides", fmt::format("{}", from.increment),
                        fmt::format("{}", to.increment)));
  }
  Position position{from.last_value, from.is_called};
  if (to.cycles) {
    if (position.last >= to.minimum && position.last <= to.maximum) position.last = wrapped(position.last, gap, to);
  } else {
    position.last += fitting(position.last, gap, to) * from.increment;
    const Position there{to.last_value, to.is_called};
    const Wide ahead = next_of(there, to.increment) - next_of(position, to.increment);
    if (to.increment > 0 ? ahead > 0 : ahead < 0) position = there;
  }
  if (position.last < to.minimum || position.last > to.maximum) {
    Error error = refusal(from.name, "can't continue there", fmt::format("{} to {}", to.minimum, to.maximum),
                          fmt::format("{}", from.last_value));
    error.hint = "give the sequence a wider type: ALTER SEQUENCE " + from.name.sql() + " AS bigint";
    return fail(error);
  }
  return Bump{from.name, static_cast<std::int64_t>(position.last), position.is_called};
}

}  // namespace

Result<std::vector<Bump>> bumps(const std::vector<Sequence>& from, const std::vector<Sequence>& to, std::int64_t gap) {
  std::map<TableName, const Sequence*> there;
  for (const auto& sequence : to) there[sequence.name] = &sequence;
  std::vector<Bump> all;
  for (const auto& one : from) {
    if (gap < 0) return fail(refusal(one.name, "can't go backwards", "a gap of zero or more", fmt::format("{}", gap)));
    const auto other = there.find(one.name);
    if (other == there.end()) {
      auto missing = refusal(one.name, "is missing on the other side", "the same sequence", "none");
      missing.hint = "make it there too, since no replication does: CREATE SEQUENCE " + one.name.sql();
      return fail(std::move(missing));
    }
    TRY_ASSIGN(auto next, bump(one, *other->second, gap));
    all.push_back(std::move(next));
  }
  return all;
}

}  // namespace pgcleave::postgres

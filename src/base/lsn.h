// A position in PostgreSQL's write-ahead log: 64 bits, written as two hexadecimal halves, "16/B374D848".
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/units.h"

namespace pgcleave {

struct Lsn {
  std::uint64_t position = 0;

  auto operator<=>(const Lsn&) const = default;
  [[nodiscard]] std::string text() const;
  // Bytes from `from` to this; zero when this is not ahead.
  [[nodiscard]] Bytes ahead_of(Lsn from) const;
};

// `invalid` for anything that PostgreSQL's pg_lsn would refuse.
Result<Lsn> parse_lsn(const std::string& text);

}  // namespace pgcleave

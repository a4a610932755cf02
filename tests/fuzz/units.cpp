// Log positions, durations and sizes, as servers and people write them.
#include "base/units.h"

#include "base/lsn.h"
#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto lsn = parse_lsn(text))
    fuzz::require(parse_lsn(lsn->text()) == *lsn, "a position is what its text says");
  if (const auto duration = parse_duration(text)) {
    fuzz::require(*duration >= Duration::zero(), "no duration is negative");
    static_cast<void>(to_text(*duration));
  }
  if (const auto bytes = parse_bytes(text)) {
    fuzz::require(bytes->count >= 0, "no size is negative");
    static_cast<void>(to_text(*bytes));
  }
  if (const auto wrong = parse_duration(text); !wrong) fuzz::require_printable(wrong.error().text());
  return 0;
}

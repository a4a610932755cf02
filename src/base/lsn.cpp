#include "base/lsn.h"

#include <charconv>

#include "base/format.h"

namespace pgcleave {

std::string Lsn::text() const {
  return fmt::format("{:X}/{:X}", position >> 32, position & 0xffffffff);
}

Bytes Lsn::ahead_of(Lsn from) const {
  return Bytes{position > from.position ? static_cast<std::int64_t>(position - from.position) : 0};
}

Result<Lsn> parse_lsn(const std::string& text) {
  const Error error{ErrorKind::invalid,
                    "",
                    fmt::format("'{}' is not an LSN", text),
                    "two hexadecimal halves such as 16/B374D848",
                    "",
                    "",
                    ""};
  const auto slash = text.find('/');
  if (slash == std::string::npos) return fail(error);
  const auto half = [&](std::size_t begin, std::size_t end, std::uint64_t& value) {
    const auto [rest, status] = std::from_chars(text.data() + begin, text.data() + end, value, 16);
    return end > begin && end - begin <= 8 && status == std::errc() && rest == text.data() + end;
  };
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  if (!half(0, slash, high) || !half(slash + 1, text.size(), low)) return fail(error);
  return Lsn{high << 32 | low};
}

}  // namespace pgcleave

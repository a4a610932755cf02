// The grammar of PgBouncer's ini file and of the connection strings in it, with the place of each part in the text, so
// that one value can be replaced and every other byte kept. Mirrors libusual's cfparser.c and PgBouncer's loader.c
// (1.18 to 1.25).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace pgcleave::pgbouncer {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::string of(const std::string& text) const { return text.substr(begin, end - begin); }
};

// What stands in a line, in the order of the text.
struct IniLine {
  enum class Kind { section, entry, include };
  Kind kind = Kind::entry;
  std::string name;  // of the section, of the entry's key, or the included file's as it is written
  Span value;        // of an entry, without the blanks around it
  int number = 0;
};

// `invalid` with path:line where PgBouncer would stop reading.
Result<std::vector<IniLine>> scan_ini(const std::string& path, const std::string& text);

struct ConnectionPart {
  std::string key;
  std::string value;  // quotes taken off
  Span place;         // the value in the text given, quotes included
  Span whole;         // from the key's first byte to the value's last
};

// "host=127.0.0.1 port=5432 password='it''s'". Blanks are spaces only, also not tabs; an empty value is refused, as by
// PgBouncer.
Result<std::vector<ConnectionPart>> scan_connection(const std::string& text);

// The value as a connection string takes it: in quotes when it has to be, or when `quoted`.
std::string connection_value(const std::string& value, bool quoted);

}  // namespace pgcleave::pgbouncer

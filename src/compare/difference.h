// A row that differs, named: by its key, its columns with both values, and the SQL that would make the copy like the
// original. Nothing runs that.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "compare/settle.h"

namespace pgcleave::compare {

struct Value {
  std::optional<std::string> text;  // as PostgreSQL writes it; none: NULL
  bool cut = false;                 // there is more of it
};

struct DifferingColumn {
  std::string name;
  Value original;
  Value copy;
  bool hidden = false;  // its name tells of a secret: no value is shown
};

struct Difference {
  std::string key;  // "id 17", "(client, n) (3, 4711)"
  Kind kind = Kind::changed;
  std::vector<DifferingColumn> columns;  // of a row that changed; else all, with the values of the side that has it
  std::string repair;                    // SQL; "-- ..." where it can't be written here
  bool has_key = true;                   // else `key` is the row itself, and tells values
  std::string key_text = {};             // as BlockReader::rows_of() takes it

  [[nodiscard]] Json json() const;
  // For records: without values.
  [[nodiscard]] Json json_without_values() const;
};

// Reads these rows again, on both. A row that is the same by now, or has changed its kind, is named as it was settled.
Result<std::vector<Difference>> name_differences(BlockReader& reader, const std::map<std::string, Kind>& different,
                                                 Deadline deadline);

std::string key_in_words(const data::Key& key, const std::string& text);
// Does a column's name tell that people keep secrets there?
bool may_be_secret(const std::string& column);

}  // namespace pgcleave::compare

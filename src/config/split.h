// The split file: which tables and sequences move, which stay, which both sides keep. By name, pattern or schema; the
// more specific wins.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "config/problems.h"

namespace pgcleave::config {

// Names are given to this folder as plain text, since the language does not know PostgreSQL: table names in SQL
// identifier syntax are parsed here by the same rules (unquoted folds to lower case, 63 bytes, schema defaults to
// public).
struct Name {
  std::string schema;
  std::string name;
  auto operator<=>(const Name&) const = default;
  [[nodiscard]] std::string text() const;  // SQL identifier syntax, quoted where needed
};

struct Selection {
  struct Entry {
    std::string text;
    Position at;
  };
  std::vector<Entry> tables;
  std::vector<Entry> schemas;
  std::vector<Entry> patterns;   // globs over "schema.table" with * and ?; of sequences too
  std::vector<Entry> sequences;  // by name: those that no table, schema or pattern puts where they belong
};

struct Split {
  std::string name;  // [a-z][a-z0-9_]{0,30}
  Selection moved;
  Selection kept;
  Selection shared;
  std::string path;
  std::string text;
};

Read<Split> read_split(const std::string& path, const std::string& text);

struct Classified {
  std::vector<Name> moved;
  std::vector<Name> kept;
  std::vector<Name> shared;
};

// Classifies the catalog's tables (without partitions: they follow their root; that a schema or pattern has them alone
// is no problem, since a partition that is detached is a table). Problems: a table that is named but isn't there (with
// did-you-mean), a pattern or schema that matches nothing, a table in two classes with equal right, unclassified
// tables: each listed by name.
Read<Classified> classify(const Split& split, const std::vector<Name>& catalog,
                          const std::vector<Name>& partitions = {});

// What is clear in spite of problems: for whoever only looks, and for the catalog of one side, which may have grown
// since the split.
struct PartlyClassified {
  Classified classified;
  std::vector<Name> unclassified;
  std::vector<Problem> problems;  // all others, sorted by position
};
PartlyClassified classify_what_is_clear(const Split& split, const std::vector<Name>& catalog,
                                        const std::vector<Name>& partitions = {});

}  // namespace pgcleave::config

// YAML as a plain tree with positions, in the safe subset that the files use. The only user of yaml-cpp.
//
// Scalars stay text: what they mean is for the schema to say (yaml-cpp 0.7 reads 0755 as octal, and keeps the first of
// two equal keys in silence). Refused, each with its position: duplicate and merge keys, anchors, aliases and tags,
// more than one document, nesting over 32, over 100,000 values, files over 1 MiB, and what characters.h refuses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"

namespace pgcleave::config {

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place at;          // of an empty value: its key
  std::string text;  // scalar: as written, without quotes
  bool quoted = false;
  std::vector<Node> items;     // list
  std::vector<Entry> entries;  // map, in the order of the file

  [[nodiscard]] const Entry* entry(const std::string& key) const;
};

struct Entry {
  std::string key;
  Place at;  // of the key
  Node value;
};

// "text", "a list", "a map", "nothing": for messages.
const char* kind_of(const Node& node);

// The tree, or nothing and at least one problem; with duplicate keys both: the tree then holds all of them. A file of 1
// MiB takes well under a second, whatever it holds.
std::optional<Node> parse_yaml(const std::string& text, Problems& problems);

// Which characters a file may hold, looked at before any parser sees them.

// The first character of the text that is not allowed, if any: invalid UTF-8, tabs, NUL and other control characters,
// marks that change the direction of the text (what a reviewer sees would differ from what runs), lines over 64 KiB.
// True when clean.
bool check_characters(const std::string& text, Problems& problems);

// What a quoted scalar may make with escapes: line feeds and tabs, but no other control character.
bool has_control_character(const std::string& text);

}  // namespace pgcleave::config

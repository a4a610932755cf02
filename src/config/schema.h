// Walks the maps of a file: which keys there may be, which there must be, of what kind the values are. Every departure
// becomes a problem; reading goes on, so that one look at a file finds all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml.h"

namespace pgcleave::config {

// One map. Ask for each key that may be there, then finish(): what was not asked for is an unknown key.
class Fields {
 public:
  // `object` is said in messages: "step 'pause'", "source". `at` is where a missing key is reported.
  Fields(const Node& node, std::string object, Place at, Problems& problems);

  const Entry* optional(const std::string& key);
  const Entry* required(const std::string& key);
  void finish();
  [[nodiscard]] bool is_map() const { return is_map_; }

  // Shorthands: the value when it is there and of the right kind.
  std::string text(const std::string& key);
  std::string required_text(const std::string& key);
  const Node* map(const std::string& key);
  const Node* required_map(const std::string& key);
  // Items of a list; empty when it is missing or wrong.
  std::vector<const Node*> list(const std::string& key);
  std::vector<const Node*> required_list(const std::string& key);

 private:
  std::vector<const Node*> items(const Entry* entry);
  const Node* as_map(const Entry* entry);

  const Node& node_;
  std::string object_;
  Place at_;
  Problems& problems_;
  bool is_map_;
  std::vector<std::string> asked_;
};

// Plain values; a wrong one is reported under the name that is given ("timeout", "parameter 'below'").
std::optional<std::string> read_text(const Node& node, const std::string& name, Problems& problems);
std::optional<std::int64_t> read_integer(const Node& node, const std::string& name, Problems& problems);
std::optional<bool> read_boolean(const Node& node, const std::string& name, Problems& problems);
// The number after `key`, which must be 1: the version of a file's format.
void read_version(Fields& fields, const std::string& key, Problems& problems);
// Text that is one of the choices.
std::optional<std::string> read_choice(const Node& node, const std::string& name,
                                       const std::vector<std::string>& choices, Problems& problems);

// [a-z][a-z0-9_]*, at most `longest` bytes: ids, parameters, split names.
bool is_word(const std::string& text, std::size_t longest = 63);

}  // namespace pgcleave::config

// Secrets and files that an environment names.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "config/schema.h"

namespace pgcleave::config {

// Against the folder of the environment file; absolute ones stay.
class Folder {
 public:
  explicit Folder(const std::string& file);
  [[nodiscard]] std::string absolute(const std::string& path) const;

 private:
  std::string folder_;
};

// "${file:/path}" (without one trailing line feed) or "${env:NAME}". Anything else is a problem that doesn't show the
// value.
Secret read_secret(const Node& node, const Folder& folder, Problems& problems);

// Reports a file that isn't there or can't be read. Opened only, not read.
void check_readable(Place at, const std::string& name, const std::string& path, Problems& problems);

// A list of words: a program and its arguments. A program with a / is a file, relative to the environment file's
// folder, that must be executable now: it is needed on a bad day.
std::vector<std::string> read_program(const Node& node, const std::string& key, const Folder& folder,
                                      Problems& problems);

}  // namespace pgcleave::config

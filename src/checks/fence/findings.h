// What the two sides' fences must look like, judged from what was seen of them. Asks nobody.
#pragma once

#include <map>
#include <optional>

#include "checks/finding.h"
#include "fence/kept_fence.h"

namespace pgcleave::checks {

struct FenceOfSide {
  fence::Owner which = fence::Owner::source;
  std::string label;   // "source main"
  std::string unseen;  // why nothing is known of it
  bool in_recovery = false;
  std::optional<fence::Owner> owner;  // no value: not installed
  bool text_fits = true;              // objects and functions are what this version would install
  fence::KeptFence kept_function = fence::KeptFence::absent;
  fence::FenceDrift moved;
  fence::FenceDrift kept;
  std::map<postgres::TableName, std::string>
      triggers;  // ours, also those that do not work: "pgcleave_fence_ci is disabled"
  std::vector<postgres::TableName> unclassified;
  std::map<postgres::TableName, std::string> extensions;  // of the unclassified that belong to one
  std::vector<std::string> split_problems;
  std::vector<postgres::TableName> unclassified_sequences;

  [[nodiscard]] bool writable() const { return unseen.empty() && !in_recovery; }
  [[nodiscard]] bool installed() const { return unseen.empty() && owner.has_value(); }
  [[nodiscard]] bool owns() const { return writable() && owner == which; }
};

struct FenceSeen {
  std::string split;
  std::string split_path;
  std::string with_environment;  // " -e lab.yml"
  FenceOfSide source;
  FenceOfSide target;
  std::vector<std::string> reclassified = {};       // by the split file of today, after the split
  std::vector<std::string> missing_witnesses = {};  // world/owners.h
  std::vector<std::string> not_durable = {};        // "target ci: ci-2 says source"
};

Findings judge(const FenceSeen& seen);

}  // namespace pgcleave::checks

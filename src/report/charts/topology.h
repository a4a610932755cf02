// Who talks to whom: clients, bouncers, the two clusters. Drawn before and after.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pgcleave::report {

struct DrawnCluster {
  std::string side;      // "source"
  std::string scope;     // "main"
  bool standby = false;  // its leader is a standby leader
  int replicas = 0;
  std::string address;  // where bouncers find it
  std::string holds;    // "all tables"
};

struct DrawnReplication {
  bool to_target = true;
  bool logical = false;
  std::string label;  // "physical"
};

struct Topology {
  std::string title;  // "Before"
  DrawnCluster source;
  DrawnCluster target;
  std::string pool;                   // "app"
  std::vector<std::string> bouncers;  // in front of the moved tables
  bool moved_at_target = false;
  std::optional<DrawnReplication> replication;
};

std::string svg_of(const Topology& topology);
// For Markdown, and for those who can't see the drawing.
std::vector<std::string> lines_of(const Topology& topology);

}  // namespace pgcleave::report

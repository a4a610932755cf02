// A Patroni cluster, as one of its members tells it.
#pragma once

#include "config/side_name.h"
#include "init/asked.h"
#include "patroni/inspection.h"

namespace pgcleave::init {

struct ClusterFound {
  config::SideName side = config::SideName::source;
  std::string scope;
  std::vector<std::string> members;  // REST addresses as Patroni tells them, and the one that was asked
  patroni::View view;
  patroni::Member leader;
  std::string version;         // Patroni's
  int server_version = 0;      // server_version_num
  bool standby = false;        // it follows another cluster
  bool asks_password = false;  // for what changes something

  [[nodiscard]] std::string label() const { return config::name_of(side) + (" " + scope); }
};

// Three requests that read, and one that asks whether writing needs a password and can change nothing: its body is no
// JSON. Within the deadline. Errors name the address, what was seen, and what to type.
Result<ClusterFound> read_cluster(config::SideName side, const std::string& url, const Asked& asked, Deadline deadline);

// The REST addresses of its members, as Patroni tells them.
std::vector<std::string> rest_addresses(const patroni::View& view);

// Asks nobody: `invalid` when both are one cluster, or have one scope.
Result<void> are_two(const ClusterFound& source, const ClusterFound& target);

}  // namespace pgcleave::init

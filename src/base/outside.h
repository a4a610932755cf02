// Starting a process outside the control group of this one, so that what ends this one does not end both: a service
// that is stopped, a login session that is closed, a memory limit. By systemd-run, as a transient scope: unlike a
// service it is the same process, and keeps its parent, descriptors and environment.
#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"

namespace pgcleave {

// The words to put before a command; `name` becomes the scope's.
std::vector<std::string> outside_words(const std::string& name);

// Of systemd's hierarchy, or the unified one: "/system.slice/cron.service". "" where it can't be read.
std::string control_group_of(int pid);
// Neither the same nor below it: does the one live on when the other's group is ended?
bool is_outside(const std::string& group, const std::string& other);

// Starts a command there that only tells where it runs, and ends.
struct TriedOutside {
  bool outside = false;
  std::string own;    // this process's control group
  std::string group;  // where the command ran; "" where it did not
  std::string why;    // why it is not outside
  [[nodiscard]] std::string text() const;
};
TriedOutside try_outside(Deadline deadline);

}  // namespace pgcleave

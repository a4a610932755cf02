#include "cost.h"

#include <unistd.h>

#include <set>
#include <sstream>

#include "../lab/files.h"
#include "../lab/process.h"

namespace pgcleave_worlds {
namespace {

// Fields 14 to 17 of /proc/PID/stat: user and system time, its own and that of children that were waited for.
double seconds_of(pid_t pid) {
  const std::string text = pgcleave_lab::read_file_or_empty("/proc/" + std::to_string(pid) + "/stat");
  const auto name_ends = text.rfind(')');
  if (name_ends == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_ends + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double ticks = 0, some = 0;
  for (int field = 14; field <= 17 && fields >> some; ++field) ticks += some;
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

double processor_seconds(const pgcleave_lab::Lab& lab) {
  std::set<pid_t> pids;
  for (const auto& process : pgcleave_lab::all_processes())
    if (pgcleave_lab::environment_of(process.pid, pgcleave_lab::lab_variable) == lab.id) pids.insert(process.pid);
  for (const auto& member : lab.members) {
    const auto postmaster = pgcleave_lab::postmaster_of(lab.data_folder(member));
    if (postmaster.start == 0) continue;
    for (const auto& process : pgcleave_lab::with_descendants(postmaster)) pids.insert(process.pid);
  }
  double all = 0;
  for (const auto pid : pids) all += seconds_of(pid);
  return all;
}

}  // namespace pgcleave_worlds

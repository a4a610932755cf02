#pragma once
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "user.h"

namespace pgcleave_lab {

// A process for certain: the kernel gives a pid again, but not with the same start time.
struct ProcessId {
  pid_t pid = 0;
  unsigned long long start = 0;  // clock ticks since boot, field 22 of /proc/<pid>/stat
};

struct Command {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // the whole of it
  std::filesystem::path folder, log;
};

ProcessId identify(pid_t pid);  // start 0: no such process, or it is a zombie
bool is_alive(const ProcessId& id);
std::string still_there(const std::vector<ProcessId>& processes);  // names one that is alive; "": none is
bool send_signal(const ProcessId& id, int signal);                 // false: it was not there any more

// Starts it in a session of its own, so that neither a terminal's ctrl-C nor our end reaches it.
ProcessId start_process(const Command& command, const User& user);

std::vector<ProcessId> with_descendants(const ProcessId& root);  // the root first
std::vector<ProcessId> all_processes();
std::string environment_of(pid_t pid, const std::string& variable);

// The postmaster of this data folder: named in postmaster.pid and standing in that folder. start 0: none runs.
ProcessId postmaster_of(const std::filesystem::path& data_folder);

}  // namespace pgcleave_lab

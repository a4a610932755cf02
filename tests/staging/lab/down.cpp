// Ending a lab. The order matters: Patroni first, or it would start its PostgreSQL again; then the postmasters, which
// are asked to stop at once so that they give their shared memory back; then the rest. Everything is killed while
// frozen processes are still frozen; only a postmaster has to be thawed, because it does its own tidying.
#include "down.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "error.h"
#include "files.h"
#include "waiting.h"

namespace pgcleave_lab {
namespace {

void end(const ProcessId& id) {
  send_signal(id, SIGKILL);
}

bool serves_from(const ProcessId& id, const std::filesystem::path& folder) {
  std::error_code error;
  const auto stands_in = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", id.pid), error);
  return !error && stands_in.parent_path() == folder &&
         read_file_or_empty(fmt::format("/proc/{}/comm", id.pid)) == "postgres\n";
}

// What runs with this lab's mark but is in no record: a pg_basebackup, or what `up` started just before it was killed.
// PostgreSQL writes its titles over its environment; it is known by standing in one of the lab's data folders.
std::vector<ProcessId> marked(const Lab& lab) {
  std::vector<ProcessId> found;
  for (const ProcessId& id : all_processes())
    if (environment_of(id.pid, lab_variable) == lab.id || serves_from(id, lab.folder / "data")) found.push_back(id);
  return found;
}

void thaw_and_stop(const ProcessId& postmaster) {
  for (const ProcessId& id : with_descendants(postmaster)) send_signal(id, SIGCONT);
  send_signal(postmaster, SIGQUIT);
}

bool gone_within(milliseconds limit, const std::vector<ProcessId>& processes) {
  const auto deadline = Clock::now() + limit;
  while (!still_there(processes).empty() && Clock::now() < deadline) {
    const timespec pause{0, 20'000'000};
    nanosleep(&pause, nullptr);
  }
  return still_there(processes).empty();
}

}  // namespace

int down(const Lab& lab, bool keep_folder) {
  std::vector<ProcessId> ended;
  for (const Server& server : lab.servers)
    if (server.kind == "patroni") ended.push_back(server.process);
  for (const ProcessId& id : ended) end(id);

  std::vector<ProcessId> postmasters;
  for (const Member& member : lab.members)
    if (const ProcessId id = postmaster_of(lab.data_folder(member)); id.start != 0)
      for (const ProcessId& each : with_descendants(id)) postmasters.push_back(each);
  for (const Member& member : lab.members)
    if (const ProcessId id = postmaster_of(lab.data_folder(member)); id.start != 0) thaw_and_stop(id);

  for (const Server& server : lab.servers)
    if (server.kind != "patroni") {
      end(server.process);
      ended.push_back(server.process);
    }
  if (!gone_within(milliseconds(5000), postmasters))
    for (const ProcessId& id : postmasters) end(id);
  // Twice: what is in the middle of forking shows only after its parent has gone.
  for (int round = 0; round < 2; ++round)
    for (const ProcessId& id : marked(lab)) {
      end(id);
      ended.push_back(id);
    }
  ended.insert(ended.end(), postmasters.begin(), postmasters.end());
  if (!gone_within(milliseconds(5000), ended)) fail("{}; the folder {} stays", still_there(ended), lab.folder.string());
  if (!keep_folder) std::filesystem::remove_all(lab.folder);
  fmt::print(stderr, "lab in {} is down{}\n", lab.folder.string(), keep_folder ? "; its folder is kept" : "");
  return 0;
}

}  // namespace pgcleave_lab

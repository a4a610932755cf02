#include "reclone.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "error.h"
#include "http.h"
#include "waiting.h"

namespace pgcleave_lab {
namespace {

constexpr milliseconds limit{15'000};

// Patroni first, or it would start its PostgreSQL again. The data are given up, so nobody is asked for a last
// checkpoint.
void end_members(Lab& lab, const std::vector<Member>& members) {
  std::vector<ProcessId> ended;
  for (const Member& member : members) {
    ended.push_back(lab.server(member.name).process);
    send_signal(ended.back(), SIGKILL);
  }
  for (const Member& member : members) {
    const ProcessId postmaster = postmaster_of(lab.data_folder(member));
    if (postmaster.start == 0) continue;
    for (const ProcessId& id : with_descendants(postmaster)) ended.push_back(id);
    send_signal(postmaster, SIGQUIT);
  }
  wait_until("the end of Patroni and PostgreSQL", limit, [&] { return still_there(ended); });
}

// Who calls this, pgcleave, may be in a network namespace of its own.
void enter_network_of(const Server& server) {
  const auto name = fmt::format("/proc/{}/ns/net", server.process.pid);
  const int there = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (there < 0) return;  // not root, so nobody could make one
  if (::setns(there, CLONE_NEWNET) != 0 && ::geteuid() == 0) fail("the network of {} can't be entered", server.name);
  ::close(there);
}

void empty_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) std::filesystem::remove_all(entry.path());
}

// etcd 3.4's JSON gateway. The key as bytes in base64.
nlohmann::json ask_etcd(const Lab& lab, const std::string& what, const std::string& key) {
  const auto answer = http_post(lab.etcd_port, "/v3/kv/" + what, nlohmann::json{{"key", base64(key)}}.dump());
  if (answer.status != 200) fail("etcd: {} {} was answered with {} {}", what, key, answer.status, answer.body);
  return answer.json();
}

void start_member(Lab& lab, const Member& member) {
  launch(lab, lab.server(member.name));
  fmt::print(stderr, "{} starts\n", member.name);
}

}  // namespace

int reclone(Lab& lab, const std::string& scope) {
  std::vector<Member> members;
  for (const Member& member : lab.members)
    if (member.scope == scope) members.push_back(member);
  if (members.empty()) fail("the lab has no cluster {}", scope);
  enter_network_of(lab.server("etcd"));
  end_members(lab, members);
  for (const Member& member : members) empty_folder(lab.data_folder(member));
  const std::string prefix = "/pgcleave/" + scope + "/";
  for (const char* key : {"initialize", "leader"}) ask_etcd(lab, "deleterange", prefix + key);
  fmt::print(stderr, "{} is empty\n", scope);
  // Whoever comes first leads: the member that the bouncers know.
  start_member(lab, members.front());
  wait_until(members.front().name + " to begin", limit, [&] {
    return ask_etcd(lab, "range", prefix + "initialize").contains("count") ? "" : "it has not taken the initialize key";
  });
  for (std::size_t i = 1; i < members.size(); ++i) start_member(lab, members[i]);
  return 0;
}

}  // namespace pgcleave_lab

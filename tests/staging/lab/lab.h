#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "process.h"
#include "user.h"

namespace pgcleave_lab {

inline constexpr auto database_name = "app";
inline constexpr auto least_role_name = "pgcleave_least";
inline constexpr auto link_role_name = "pgcleave_link";  // with which a side's server subscribes, beside that one
inline constexpr auto loopback_address = "127.0.0.1";
inline constexpr auto ipv6_loopback_address = "::1";
inline constexpr auto lab_variable = "PGCLEAVE_LAB";  // in every server's environment, so that none is overlooked

struct Server {
  std::string name, kind;  // kind: etcd, patroni, pgbouncer, proxy
  Command command;
  ProcessId process;
};

struct Member {
  std::string name, scope;  // scope main (source) or ci (target)
  int postgres_port = 0, rest_port = 0;
};

struct Bouncer {
  std::string name;
  int port = 0;
  bool moved = true;  // in front of the moved tables; false: of those that stay
};

// Where pgcleave connects instead of to a server itself, if the lab has proxies: to a member's PostgreSQL (named like
// the member), to its Patroni (.rest), to a bouncer's console (named like the bouncer).
struct Link {
  std::string name;
  int port = 0, to = 0;
};

// Everything that is known about one running lab. Kept in lab.json.
struct Lab {
  std::string id;
  std::filesystem::path folder;
  User user;                           // who runs the servers
  std::filesystem::path postgres_bin;  // PostgreSQL's programs
  int etcd_port = 0, etcd_peer_port = 0;
  std::vector<Member> members;
  std::vector<Bouncer> bouncers;
  std::vector<Link> links;  // empty: no proxies
  // Where pgcleave finds all this. Another address than this is the proxies' in a network that pgcleave's host is on.
  std::string address = loopback_address;
  // What the servers call each other, and the bouncers and pgcleave them.
  std::string server_address() const { return address == ipv6_loopback_address ? address : loopback_address; }
  static std::string with_port(const std::string& host, int port);  // [::1]:5432
  // pgcleave logs in as a role that has nothing but LOGIN; what it needs is for whoever brought the lab up to grant.
  bool least_role = false;
  std::vector<Server> servers;

  std::filesystem::path passfile() const { return folder / "passfile"; }
  std::filesystem::path server_passfile() const { return folder / "server.passfile"; }
  std::filesystem::path link_password_file() const { return folder / "link.password"; }
  std::filesystem::path rest_password_file() const { return folder / "rest.password"; }
  std::filesystem::path socket_folder() const { return folder / "run"; }
  std::filesystem::path log_folder() const { return folder / "log"; }
  std::filesystem::path data_folder(const Member& member) const { return folder / "data" / member.name; }
  std::filesystem::path config(const std::string& name) const;  // of a member or a bouncer

  const Member& member(const std::string& name) const;
  const Bouncer& bouncer(const std::string& name) const;
  Server& server(const std::string& name);
  std::vector<Bouncer> moved_bouncers() const;
  int port_for_tool(int port) const;  // the link's that leads there, or the port itself
};

std::filesystem::path default_folder();  // ${TMPDIR:-/tmp}/pgcleave-lab-<uid>
std::filesystem::path lab_file(const std::filesystem::path& folder);

void save(const Lab& lab);
Lab load_lab(const std::filesystem::path& folder);  // fails with what to type if there is none

// Starts a server and records its process. The command line is in the record, so that restart can repeat it.
void launch(Lab& lab, Server& server);

}  // namespace pgcleave_lab

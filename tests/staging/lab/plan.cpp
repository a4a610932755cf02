#include "plan.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bouncer_config.h"
#include "environment_file.h"
#include "error.h"
#include "files.h"
#include "postgres_bin.h"

namespace pgcleave_lab {
namespace {

std::string program(const char* name) {
  for (const char* folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"})
    if (::access((std::string(folder) + name).c_str(), X_OK) == 0) return std::string(folder) + name;
  fail("{} is not installed", name);
}

Server server(const Lab& lab, const std::string& name, const std::string& kind, std::vector<std::string> arguments) {
  return {name,
          kind,
          {std::move(arguments),
           {{"HOME", lab.folder},
            {"PATH", "/usr/bin:/usr/sbin:/bin:" + lab.postgres_bin.string()},
            {"LANG", "C.UTF-8"},
            {"PYTHONUNBUFFERED", "1"},
            {"ETCD_UNSUPPORTED_ARCH", "arm64"},
            {lab_variable, lab.id}},
           lab.folder,
           lab.log_folder() / (name + ".log")},
          {}};
}

// One process for all links, this program.
void add_proxies(Lab& lab, PortReservation& ports) {
  for (const Member& member : lab.members) {
    lab.links.push_back({member.name, ports.take(), member.postgres_port});
    lab.links.push_back({member.name + ".rest", ports.take(), member.rest_port});
  }
  for (const Bouncer& bouncer : lab.moved_bouncers()) lab.links.push_back({bouncer.name, ports.take(), bouncer.port});
  lab.servers.push_back(
      server(lab, "proxy", "proxy",
             {std::filesystem::read_symlink("/proc/self/exe").string(), "proxy", "--dir", lab.folder.string()}));
}

}  // namespace

void describe(Lab& lab, const UpOptions& options, PortReservation& ports) {
  lab.postgres_bin = postgres_bin(options.postgres_bin);
  lab.etcd_port = ports.take();
  lab.etcd_peer_port = ports.take();
  const auto add_members = [&](const std::string& scope, int count) {
    for (int number = 1; number <= count; ++number)
      lab.members.push_back({fmt::format("{}-{}", scope, number), scope, ports.take(), ports.take()});
  };
  add_members("main", options.source_members);
  add_members("ci", options.target_members);
  for (int number = 1; number <= options.bouncers; ++number)
    lab.bouncers.push_back({fmt::format("bouncer-{}", number), ports.take(), true});
  lab.bouncers.push_back({"bouncer-main", ports.take(), false});

  const auto url = [](int port) { return fmt::format("http://127.0.0.1:{}", port); };
  lab.servers.push_back(server(lab, "etcd", "etcd",
                               {program("etcd"),
                                "--name",
                                "lab",
                                "--data-dir",
                                (lab.folder / "data" / "etcd").string(),
                                "--listen-client-urls",
                                url(lab.etcd_port),
                                "--advertise-client-urls",
                                url(lab.etcd_port),
                                "--listen-peer-urls",
                                url(lab.etcd_peer_port),
                                "--initial-advertise-peer-urls",
                                url(lab.etcd_peer_port),
                                "--initial-cluster",
                                "lab=" + url(lab.etcd_peer_port),
                                "--heartbeat-interval",
                                "50",
                                "--election-timeout",
                                "500",
                                "--unsafe-no-fsync"}));
  for (const Member& member : lab.members)
    lab.servers.push_back(server(lab, member.name, "patroni", {program("patroni"), lab.config(member.name).string()}));
  for (const Bouncer& bouncer : lab.bouncers)
    lab.servers.push_back(
        server(lab, bouncer.name, "pgbouncer", {program("pgbouncer"), lab.config(bouncer.name).string()}));
  if (options.proxies) add_proxies(lab, ports);
}

void check_folder(const Lab& lab) {
  const std::string longest = (lab.socket_folder() / ".s.PGSQL.32767.lock").string();
  if (longest.size() > 107) fail("{} is too long for Unix sockets; choose a shorter --dir", lab.folder.string());
  for (auto parent = lab.folder.parent_path(); lab.user.drop; parent = parent.parent_path()) {
    struct stat info{};
    if (::stat(parent.c_str(), &info) != 0) fail("folder {} does not exist", parent.string());
    const bool enter = (info.st_mode & S_IXOTH) != 0 || (info.st_uid == lab.user.uid && (info.st_mode & S_IXUSR) != 0);
    if (!enter)
      fail("user {}, who runs the servers, cannot enter {}; choose another --dir", lab.user.name, parent.string());
    if (parent == parent.root_path()) break;
  }
}

void write_files(const Lab& lab, const Passwords& passwords) {
  make_folder(lab.folder, 0755, lab.user);
  for (const auto& folder : {lab.socket_folder(), lab.log_folder(), lab.folder / "data"})
    make_folder(folder, 0755, lab.user);
  save(lab);
  write_file(lab.passfile(), passfile(passwords), 0600, me());
  if (lab.least_role) write_file(lab.link_password_file(), passwords.link + "\n", 0600, me());
  write_file(lab.rest_password_file(), passwords.rest + "\n", 0600, me());
  write_file(lab.server_passfile(), server_passfile(passwords), 0600, lab.user);
  write_file(lab.folder / "bouncer.users", bouncer_users(passwords), 0600, lab.user);
  for (const Member& member : lab.members)
    write_file(lab.config(member.name), patroni_config(lab, member, passwords), 0600, lab.user);
  for (const Bouncer& bouncer : lab.bouncers)
    write_file(lab.config(bouncer.name), bouncer_config(lab, bouncer), 0640, lab.user);
  write_file(lab.folder / "environment.yml", environment_file(lab), 0644, me());
  write_file(lab.folder / "split.yml", split_file(), 0644, me());
}

}  // namespace pgcleave_lab

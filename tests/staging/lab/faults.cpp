#include "faults.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "database.h"
#include "error.h"
#include "files.h"
#include "http.h"
#include "proxy.h"
#include "waiting.h"

namespace pgcleave_lab {
namespace {

constexpr std::string_view postgres_suffix = ".postgres";

ProcessId find(const Lab& lab, const std::string& name) {
  if (name.ends_with(postgres_suffix)) {
    const std::string member = name.substr(0, name.size() - postgres_suffix.size());
    return postmaster_of(lab.data_folder(lab.member(member)));
  }
  Lab copy = lab;
  return copy.server(name).process;
}

ProcessId find_alive(const Lab& lab, const std::string& name) {
  const ProcessId id = find(lab, name);
  if (!is_alive(id)) fail("{} does not run", name);
  return id;
}

void signal_family(const Lab& lab, const std::string& name, int signal) {
  for (const ProcessId& id : with_descendants(find_alive(lab, name))) send_signal(id, signal);
}

std::string not_answering(const Lab& lab, const Server& server) {
  if (!is_alive(server.process))
    fail("{} ended at once; its log says:\n{}", server.name, last_lines(server.command.log, 5));
  if (server.kind == "etcd") return http_get(lab.etcd_port, "/health").status == 200 ? "" : "no answer";
  if (server.kind == "patroni")
    return http_get(lab.member(server.name).rest_port, "/liveness").status != 0 ? "" : "no answer";
  if (server.kind == "proxy") return std::filesystem::exists(proxy_socket(lab)) ? "" : "no socket";
  const Database console(Database::connection_text(lab, lab.bouncer(server.name).port, "pgcleave_admin", "pgbouncer"));
  return console.connected() ? "" : console.error()->message;
}

int told(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  return 0;
}

}  // namespace

int kill_server(const Lab& lab, const std::string& name) {
  const ProcessId id = find_alive(lab, name);
  send_signal(id, SIGKILL);
  wait_until(name, milliseconds(5000), [&] { return is_alive(id) ? "still alive" : ""; }, milliseconds(5));
  return told(name + " is dead");
}

int stop_server(const Lab& lab, const std::string& name) {
  signal_family(lab, name, SIGSTOP);
  return told(name + " is frozen");
}

int cont_server(const Lab& lab, const std::string& name) {
  signal_family(lab, name, SIGCONT);
  return told(name + " goes on");
}

int restart_server(Lab& lab, const std::string& name) {
  if (name.ends_with(postgres_suffix)) fail("Patroni starts {} by itself; restart the member instead", name);
  Server& server = lab.server(name);
  if (is_alive(server.process)) fail("{} runs (process {}); kill it first", name, server.process.pid);
  // PgBouncer refuses to start beside the pid file of a killed one for as long as that one is a zombie.
  if (server.kind == "pgbouncer") std::filesystem::remove(lab.folder / (name + ".pid"));
  launch(lab, server);
  wait_until(name, milliseconds(15'000), [&] { return not_answering(lab, server); });
  return told(fmt::format("{} runs as process {}", name, server.process.pid));
}

}  // namespace pgcleave_lab

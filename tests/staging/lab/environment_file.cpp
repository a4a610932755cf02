#include "environment_file.h"

#include <fmt/format.h>

namespace pgcleave_lab {
namespace {

// A subscription of a role that is no superuser brings its password along; PostgreSQL reads no passfile for it.
std::string link_login(const Lab& lab) {
  if (!lab.least_role) return fmt::format("user: pgcleave, passfile: {}", lab.server_passfile().string());
  return fmt::format("user: {}, password: \"${{file:{}}}\"", link_role_name, lab.link_password_file().string());
}

std::string as_yaml(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '"' + host + '"';
}

std::string side(const Lab& lab, const std::string& key, const std::string& scope) {
  std::string rest;
  for (const Member& member : lab.members)
    if (member.scope == scope)
      rest += fmt::format("{}\"http://{}\"", rest.empty() ? "" : ", ",
                          Lab::with_port(lab.address, lab.port_for_tool(member.rest_port)));
  return fmt::format(
      R"({key}:
  scope: {scope}
  patroni:
    members: [{rest}]
    username: pgcleave
    password: "${{file:{rest_password}}}"
  postgres: {{dbname: {database}, user: {user}, passfile: {passfile}}}
  route: {{host: {server}, port: {route}}}
  replication: {{{link}}}
)",
      fmt::arg("key", key), fmt::arg("scope", scope), fmt::arg("rest", rest),
      fmt::arg("rest_password", lab.rest_password_file().string()), fmt::arg("database", database_name),
      fmt::arg("passfile", lab.passfile().string()), fmt::arg("server", as_yaml(lab.server_address())),
      fmt::arg("route", lab.member(scope + "-1").postgres_port),
      fmt::arg("user", lab.least_role ? least_role_name : "pgcleave"), fmt::arg("link", link_login(lab)));
}

// The program that is running now.
std::string reclone(const Lab& lab, const std::string& scope) {
  return fmt::format("  reclone: [{}, reclone, {}, --dir, {}]\n",
                     std::filesystem::read_symlink("/proc/self/exe").string(), scope, lab.folder.string());
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? "'\\''" : std::string(1, letter);
  return out + "'";
}

}  // namespace

std::string environment_file(const Lab& lab) {
  std::string text = fmt::format("environment: 1\nname: lab\nclass: staging\njournal: {}\nsplit: split.yml\n",
                                 (lab.folder / "journal.db").string());
  text += side(lab, "source", "main") + side(lab, "target", "ci") + reclone(lab, "ci");
  text += fmt::format("pools:\n  - database: {}\n    probe: {{user: app, passfile: {}}}\n    bouncers:\n",
                      database_name, lab.passfile().string());
  for (const Bouncer& bouncer : lab.moved_bouncers())
    text += fmt::format(
        "      - {{name: {}, console: {{host: {}, port: {}, user: pgcleave_admin, passfile: {}}}, "
        "config: {}}}\n",
        bouncer.name, as_yaml(lab.address), lab.port_for_tool(bouncer.port), lab.passfile().string(),
        lab.config(bouncer.name).string());
  return text;
}

std::string split_file() {
  return R"(split: 1
name: ci
# The more specific wins: table, then pattern, then schema.
moved:
  tables: ['public."Weird Name"']
  schemas: [ci]
  patterns: ["public.ci_*"]
kept:
  schemas: [public]
shared: {}
)";
}

std::string passfile(const Passwords& passwords) {
  return fmt::format(
      "*:*:*:pgcleave:{}\n*:*:*:pgcleave_admin:{}\n*:*:*:app:{}\n*:*:*:postgres:{}\n*:*:*:replicator_main:{}\n"
      "*:*:*:replicator_ci:{}\n*:*:*:{}:{}\n",
      passwords.pgcleave, passwords.console, passwords.app, passwords.postgres, passwords.replicator_main,
      passwords.replicator_ci, least_role_name, passwords.least);
}

std::string server_passfile(const Passwords& passwords) {
  return fmt::format("*:*:*:pgcleave:{}\n*:*:*:replicator_main:{}\n*:*:*:replicator_ci:{}\n", passwords.pgcleave,
                     passwords.replicator_main, passwords.replicator_ci);
}

std::string shell_variables(const Lab& lab, bool back) {
  const Member& source = lab.member(back ? "ci-1" : "main-1");
  const Member& target = lab.member(back ? "main-1" : "ci-1");
  std::string bouncers;
  for (const Bouncer& bouncer : lab.moved_bouncers())
    bouncers += fmt::format("host=127.0.0.1 port={} user=pgcleave_admin dbname=pgbouncer|{}\n", bouncer.port,
                            lab.config(bouncer.name).string());
  const auto conninfo = [](const Member& member) {
    return fmt::format("host=127.0.0.1 port={} user=pgcleave dbname={}", member.postgres_port, database_name);
  };
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    text += fmt::format("export {}={}\n", name, quoted(value));
  };
  add("SOURCE", conninfo(source));
  add("TARGET", conninfo(target));
  add("SCOPE", target.scope);
  add("PATRONI_CONF", lab.config(target.name).string());
  add("DB", database_name);
  add("BOUNCERS", bouncers);
  add("FROM", fmt::format("port={}", source.postgres_port));
  add("TO", fmt::format("port={}", target.postgres_port));
  add("PGPASSFILE", lab.passfile().string());
  return text;
}

}  // namespace pgcleave_lab

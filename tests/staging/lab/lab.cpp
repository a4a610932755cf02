#include "lab.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "error.h"
#include "files.h"

namespace pgcleave_lab {
namespace {

using nlohmann::json;

json to_json(const Server& server) {
  return {{"name", server.name},
          {"kind", server.kind},
          {"pid", server.process.pid},
          {"start", server.process.start},
          {"arguments", server.command.arguments},
          {"environment", server.command.environment},
          {"folder", server.command.folder},
          {"log", server.command.log}};
}

Server server_from(const json& j) {
  Server server{j.at("name"), j.at("kind"), {}, {j.at("pid"), j.at("start")}};
  j.at("arguments").get_to(server.command.arguments);
  j.at("environment").get_to(server.command.environment);
  server.command.folder = j.at("folder").get<std::string>();
  server.command.log = j.at("log").get<std::string>();
  return server;
}

template <typename Things>
auto& named(Things& things, const std::string& name) {
  for (auto& thing : things)
    if (thing.name == name) return thing;
  std::string known;
  for (const auto& thing : things) known += (known.empty() ? "" : ", ") + thing.name;
  fail("the lab has no {}; it has {}", name, known);
}

}  // namespace

std::filesystem::path Lab::config(const std::string& name) const {
  for (const Bouncer& bouncer : bouncers)
    if (bouncer.name == name) return folder / (name + ".ini");
  return folder / (name + ".yml");
}

const Member& Lab::member(const std::string& name) const {
  return named(members, name);
}
const Bouncer& Lab::bouncer(const std::string& name) const {
  return named(bouncers, name);
}
Server& Lab::server(const std::string& name) {
  return named(servers, name);
}

std::vector<Bouncer> Lab::moved_bouncers() const {
  std::vector<Bouncer> moved;
  for (const Bouncer& bouncer : bouncers)
    if (bouncer.moved) moved.push_back(bouncer);
  return moved;
}

std::string Lab::with_port(const std::string& host, int port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

int Lab::port_for_tool(int port) const {
  for (const Link& link : links)
    if (link.to == port) return link.port;
  return port;
}

std::filesystem::path default_folder() {
  const char* base = std::getenv("TMPDIR");
  return std::filesystem::path(base && *base ? base : "/tmp") / fmt::format("pgcleave-lab-{}", ::getuid());
}

std::filesystem::path lab_file(const std::filesystem::path& folder) {
  return folder / "lab.json";
}

void save(const Lab& lab) {
  json members = json::array(), bouncers = json::array(), links = json::array(), servers = json::array();
  for (const Member& member : lab.members)
    members.push_back({{"name", member.name},
                       {"scope", member.scope},
                       {"postgres_port", member.postgres_port},
                       {"rest_port", member.rest_port},
                       {"data", lab.data_folder(member)},
                       {"config", lab.config(member.name)}});
  for (const Bouncer& bouncer : lab.bouncers)
    bouncers.push_back({{"name", bouncer.name},
                        {"port", bouncer.port},
                        {"pool", bouncer.moved ? "moved" : "staying"},
                        {"config", lab.config(bouncer.name)}});
  for (const Link& link : lab.links) links.push_back({{"name", link.name}, {"port", link.port}, {"to", link.to}});
  for (const Server& server : lab.servers) servers.push_back(to_json(server));
  const json j = {
      {"lab", 1},
      {"id", lab.id},
      {"folder", lab.folder},
      {"user", {{"name", lab.user.name}, {"uid", lab.user.uid}, {"gid", lab.user.gid}, {"drop", lab.user.drop}}},
      {"postgres_bin", lab.postgres_bin},
      {"database", database_name},
      {"etcd", {{"client_port", lab.etcd_port}, {"peer_port", lab.etcd_peer_port}}},
      {"members", members},
      {"bouncers", bouncers},
      {"links", links},
      {"address", lab.address},
      {"credentials",
       {{"passfile", lab.passfile()},
        {"server_passfile", lab.server_passfile()},
        {"rest_user", "pgcleave"},
        {"rest_password", lab.rest_password_file()},
        {"tool", lab.least_role ? least_role_name : "pgcleave"},
        {"application", "app"},
        {"console", "pgcleave_admin"}}},
      {"servers", servers}};
  write_file(lab_file(lab.folder), j.dump(2) + "\n", 0644, me());
}

Lab load_lab(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(lab_file(folder)))
    fail("no lab in {}; start one with: pgcleave-lab up --dir {}", folder.string(), folder.string());
  const json j = json::parse(read_file(lab_file(folder)));
  Lab lab;
  lab.id = j.at("id");
  lab.folder = j.at("folder").get<std::string>();
  const json& user = j.at("user");
  lab.user = {user.at("name"), user.at("uid"), user.at("gid"), user.at("drop")};
  lab.postgres_bin = j.at("postgres_bin").get<std::string>();
  lab.etcd_port = j.at("etcd").at("client_port");
  lab.etcd_peer_port = j.at("etcd").at("peer_port");
  for (const json& m : j.at("members"))
    lab.members.push_back({m.at("name"), m.at("scope"), m.at("postgres_port"), m.at("rest_port")});
  for (const json& b : j.at("bouncers")) lab.bouncers.push_back({b.at("name"), b.at("port"), b.at("pool") == "moved"});
  for (const json& l : j.at("links")) lab.links.push_back({l.at("name"), l.at("port"), l.at("to")});
  lab.address = j.at("address");
  lab.least_role = j.at("credentials").at("tool") == least_role_name;
  for (const json& s : j.at("servers")) lab.servers.push_back(server_from(s));
  return lab;
}

void launch(Lab& lab, Server& server) {
  server.process = start_process(server.command, lab.user);
  save(lab);
}

}  // namespace pgcleave_lab

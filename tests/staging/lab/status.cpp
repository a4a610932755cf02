#include "status.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "http.h"

namespace pgcleave_lab {
namespace {

using nlohmann::json;

std::string text_or_empty(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

json row(const std::string& name, const ProcessId& process, int port) {
  const bool alive = is_alive(process);
  return {{"name", name}, {"pid", process.pid}, {"alive", alive}, {"port", port}};
}

// What Patroni says about the member; its own PostgreSQL's process is in the same row.
void add_patroni(json& out, const json& members, const Member& member) {
  const json patroni = http_get(member.rest_port, "/patroni").json();
  out["scope"] = member.scope;
  out["role"] = text_or_empty(patroni, "role");
  out["state"] = text_or_empty(patroni, "state");
  if (patroni.is_object() && patroni.contains("timeline")) out["timeline"] = patroni["timeline"];
  if (!members.is_array()) return;
  for (const json& each : members)
    if (text_or_empty(each, "name") == member.name) {
      if (out["role"] == "replica" && each.value("role", "") != "replica") out["role"] = each.value("role", "");
      if (each.contains("lag")) out["lag_bytes"] = each["lag"];
    }
}

json collect(const Lab& lab) {
  json rows = json::array();
  for (const Server& server : lab.servers) {
    if (server.kind == "etcd") rows.push_back(row(server.name, server.process, lab.etcd_port));
    if (server.kind == "pgbouncer") rows.push_back(row(server.name, server.process, lab.bouncer(server.name).port));
    if (server.kind != "patroni") continue;
    const Member& member = lab.member(server.name);
    json patroni = row(server.name, server.process, member.rest_port);
    json members;
    for (const Member& each : lab.members)
      if (each.scope == member.scope && !members.is_array()) {
        const json cluster = http_get(each.rest_port, "/cluster").json();
        if (cluster.is_object() && cluster.contains("members")) members = cluster["members"];
      }
    add_patroni(patroni, members, member);
    rows.push_back(patroni);
    rows.push_back(row(server.name + ".postgres", postmaster_of(lab.data_folder(member)), member.postgres_port));
  }
  return rows;
}

std::string cell(const json& row, const char* key) {
  if (!row.contains(key)) return "";
  return row[key].is_string() ? row[key].get<std::string>() : row[key].dump();
}

}  // namespace

int status(const Lab& lab, bool as_json) {
  const json rows = collect(lab);
  bool all_alive = true;
  for (const json& row : rows) all_alive = all_alive && row["alive"].get<bool>();
  if (as_json) {
    fmt::print("{}\n", json{{"folder", lab.folder}, {"alive", all_alive}, {"processes", rows}}.dump(2));
    return all_alive ? 0 : 1;
  }
  fmt::print("{:<18}{:>8}  {:<6}{:>6}  {:<15}{:<10}{:>9}{:>10}\n", "NAME", "PID", "ALIVE", "PORT", "ROLE", "STATE",
             "TIMELINE", "LAG");
  for (const json& row : rows)
    fmt::print("{:<18}{:>8}  {:<6}{:>6}  {:<15}{:<10}{:>9}{:>10}\n", cell(row, "name"), cell(row, "pid"),
               row["alive"].get<bool>() ? "yes" : "no", cell(row, "port"), cell(row, "role"), cell(row, "state"),
               cell(row, "timeline"), cell(row, "lag_bytes"));
  return all_alive ? 0 : 1;
}

}  // namespace pgcleave_lab

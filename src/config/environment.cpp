#include "config/environment.h"

#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "config/access.h"
#include "config/environment_rules.h"

namespace pgcleave::config {

namespace {

bool is_name(const std::string& text) {
  constexpr std::size_t longest = 63;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return text.size() <= longest && std::all_of(text.begin(), text.end(), allowed);
}

class EnvironmentReader {
 public:
  EnvironmentReader(const std::string& path, Problems& problems) : folder_(path), problems_(problems) {}

  void read(const Node& root, Environment& out) {
    Fields top(root, "the environment", root.at, problems_);
    if (!top.is_map()) return;
    read_version(top, "environment", problems_);
    out.name = name(top, "name");
    if (const auto* entry = top.required("class")) {
      out.production = read_choice(entry->value, "class", {"staging", "production"}, problems_) == "production";
    }
    out.journal = folder_.absolute(top.text("journal"));
    out.split = folder_.absolute(top.text("split"));
    for (const auto* item : top.list("rehearsals")) {
      const auto path = read_text(*item, "an entry of rehearsals", problems_).value_or("");
      if (!path.empty()) out.rehearsals.push_back(folder_.absolute(path));
    }
    if (const auto* node = top.required_map("source")) out.source = read_side(*node, "source");
    if (const auto* node = top.required_map("target")) out.target = read_side(*node, "target");
    for (const auto* item : top.required_list("pools")) add_pool(*item, out.pools);
    refuse_empty(top, root, "pools");
    if (const auto* node = top.map("prometheus")) out.prometheus = read_prometheus(*node, problems_);
    if (const auto* node = top.map("limits")) {
      auto limits = read_job_limits(*node, problems_);
      out.limits = std::move(limits.sizes);
      out.hours = std::move(limits.hours);
    }
    top.finish();
    out.notes = std::move(notes_);
  }

 private:
  std::string name(Fields& fields, const std::string& key) {
    const auto text = fields.required_text(key);
    const auto* entry = fields.optional(key);
    if (entry == nullptr || text.empty() || is_name(text)) return text;
    problems_.add(entry->value.at, fmt::format("{} can't be {}", key, shown(text)),
                  "use letters, digits, '.', '-' and '_', at most 63 characters");
    return text;
  }

  void refuse_empty(Fields& fields, const Node& node, const std::string& key) {
    if (!fields.is_map()) return;
    const auto* entry = node.entry(key);
    if (entry == nullptr || entry->value.kind != Node::Kind::list || !entry->value.items.empty()) return;
    problems_.add(entry->value.at, fmt::format("{} is empty", key));
  }

  SideAccess read_side(const Node& node, const std::string& side) {
    SideAccess out;
    Fields fields(node, side, node.at, problems_);
    out.scope = name(fields, "scope");
    if (const auto* patroni = fields.required_map("patroni")) out.patroni = read_patroni(*patroni, folder_, problems_);
    if (const auto* map = fields.required_map("postgres"))
      out.postgres = read_postgres(*map, PostgresUse::members, folder_, problems_);
    if (const auto* route = fields.required("route")) out.route = read_route(route->value, problems_);
    if (const auto* map = fields.required_map("replication"))
      out.replication = read_postgres(*map, PostgresUse::replication, folder_, problems_);
    if (const auto* reclone = fields.optional("reclone"))
      out.reclone = read_program(reclone->value, "reclone", folder_, problems_);
    fields.finish();
    return out;
  }

  // One for each of its databases.
  void add_pool(const Node& node, std::vector<Pool>& to) {
    Pool out;
    Fields fields(node, "a pool", node.at, problems_);
    const auto* several = fields.optional("databases");
    const auto* single = several == nullptr ? fields.required("database") : fields.optional("database");
    if (several != nullptr && single != nullptr)
      problems_.add(several->at, "a pool has database or databases", "remove one of them");
    for (const auto* item : fields.required_list("bouncers")) out.bouncers.push_back(read_bouncer(*item));
    refuse_empty(fields, node, "bouncers");
    refuse_empty(fields, node, "databases");
    if (const auto* probe = fields.optional("probe"))
      out.probe = read_postgres(probe->value, PostgresUse::probe, folder_, problems_);
    fields.list("databases");
    fields.finish();
    for (bool further = false; const auto* name : databases_of(node)) {
      const auto database = read_text(*name, "database", problems_);
      if (database && database->empty()) problems_.add(name->at, "database is empty");
      out.database = database.value_or("");
      to.push_back(further ? further_pool(out, name->at) : out);
      further = true;
    }
  }

  // Messages call its bouncers by the database too: names are given once.
  Pool further_pool(Pool pool, Place at) {
    for (auto& bouncer : pool.bouncers) bouncer.name += "." + pool.database;
    const auto odd = std::find_if_not(pool.bouncers.begin(), pool.bouncers.end(),
                                      [](const BouncerAccess& bouncer) { return is_name(bouncer.name); });
    if (odd != pool.bouncers.end()) {
      problems_.add(at, fmt::format("bouncers of a further database can't be called {}", shown(odd->name)),
                    "give this database a pool of its own, whose bouncers have names of letters and digits");
    }
    return pool;
  }

  BouncerAccess read_bouncer(const Node& node) {
    BouncerAccess out;
    Fields fields(node, "a bouncer", node.at, problems_);
    out.name = name(fields, "name");
    if (const auto* console = fields.required_map("console"))
      out.console = read_postgres(*console, PostgresUse::console, folder_, problems_);
    out.config = fields.required_text("config");
    if (const auto* shell = shell_of(fields, out.name)) out.shell = read_shell(shell->value);
    fields.finish();
    const auto* config = fields.optional("config");
    if (config == nullptr || out.config.empty()) return out;
    if (out.shell.empty()) {
      out.config = folder_.absolute(out.config);
    } else if (!out.config.starts_with('/')) {
      problems_.add(config->value.at, fmt::format("config must be an absolute path, not {}", shown(out.config)),
                    "the file is on the machine that shell leads to");
    }
    return out;
  }

  // Its name in earlier versions is still read.
  const Entry* shell_of(Fields& fields, const std::string& bouncer) {
    const auto* now = fields.optional("shell");
    const auto* earlier = fields.optional("reach");
    if (earlier == nullptr) return now;
    if (now != nullptr)
      problems_.add(earlier->at, "reach is the earlier name of shell, and both are there", "remove it");
    notes_.push_back({problems_.position(earlier->at), fmt::format("bouncer '{}': reach is called shell now", bouncer),
                      "write shell:; the earlier name is still read"});
    return now != nullptr ? now : earlier;
  }

  std::vector<std::string> read_shell(const Node& node) {
    if (node.kind == Node::Kind::scalar && node.text == "local") return {};
    std::vector<std::string> out;
    for (const auto& item : node.items) {
      auto word = read_text(item, "a word of shell", problems_).value_or("");
      if (!word.empty()) out.push_back(std::move(word));
    }
    if (node.kind == Node::Kind::list && !out.empty()) return out;
    problems_.add(node.at, "shell must be local or a list of the words of a command",
                  "write shell: local, or shell: [ssh, host]");
    return {};
  }

  Folder folder_;
  Problems& problems_;
  std::vector<Problem> notes_;
};

}  // namespace

Read<Environment> read_environment(const std::string& path, const std::string& text) {
  Problems problems(path);
  Environment out;
  out.path = path;
  out.text = text;
  if (const auto root = parse_yaml(text, problems)) {
    EnvironmentReader(path, problems).read(*root, out);
    check_rules(*root, out, problems);
  }
  if (!problems.empty()) return {std::nullopt, problems.sorted()};
  return {std::move(out), {}};
}

Json values_of(const Environment& environment) {
  const auto address = [](const RouteAccess& route) {
    return route.leader ? std::string("leader") : address_text(route.host, route.port);
  };
  return {{"name", environment.name},
          {"class", environment.production ? "production" : "staging"},
          {"source_scope", environment.source.scope},
          {"target_scope", environment.target.scope},
          {"source_route", address(environment.source.route)},
          {"target_route", address(environment.target.route)}};
}

const std::vector<JobLimit>& job_limits() {
  static const std::vector<JobLimit> all{
      {"replica_lag", "WAL that the slowest replica or subscriber has not replayed (64MiB)"},
      {"slot_wal", "WAL that a slot keeps (8GiB)"},
      {"wal_rate", "WAL that the server writes in a second (128MiB); slows only"}};
  return all;
}

JobLimits read_job_limits(const Node& node, Problems& problems) {
  JobLimits limits;
  Fields fields(node, "limits", node.at, problems);
  for (const auto& limit : job_limits()) {
    const auto* entry = fields.optional(limit.name);
    if (entry == nullptr) continue;
    const auto text = read_text(entry->value, limit.name, problems);
    if (!text) continue;
    const auto bytes = parse_bytes(*text);
    if (bytes) limits.sizes[limit.name] = *bytes;
    if (!bytes) problems.add(entry->value.at, bytes.error());
  }
  if (const auto* entry = fields.optional("hours")) {
    const auto text = read_text(entry->value, "hours", problems);
    const auto hours = text ? parse_hours(*text) : Result<Hours>(Hours{});
    if (text && hours) limits.hours = *hours;
    if (!hours) problems.add(entry->value.at, hours.error());
  }
  fields.finish();
  return limits;
}

}  // namespace pgcleave::config

#include "config/access.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/address.h"
#include "base/format.h"
#include "config/connection_keys.h"
#include "config/service.h"

namespace pgcleave::config {
namespace {

std::int64_t read_port(const Node& node, Problems& problems) {
  const auto port = read_integer(node, "port", problems);
  if (!port) return 0;
  if (*port >= 1 && *port <= 65535) return *port;
  problems.add(node.at, fmt::format("port can't be {}", *port), "write a number from 1 to 65535");
  return 0;
}

// Reads libpq settings key by key into `values`.
class PostgresReader {
 public:
  PostgresReader(const Node& node, PostgresUse use, const Folder& folder, Problems& problems)
      : fields_(node, name_of_use(use), node.at, problems), use_(use), folder_(folder), problems_(problems) {}

  PostgresAccess read() {
    if (!fields_.is_map()) return {};
    const bool members = use_ == PostgresUse::members;
    const bool console = use_ == PostgresUse::console;
    const bool own_address = use_ == PostgresUse::console || use_ == PostgresUse::replication;
    if (const auto* entry = fields_.optional("service")) service(*entry);
    if (own_address) text("host", console);
    if (own_address) port(console);
    if (use_ != PostgresUse::probe) text("dbname", members);
    text("user", true);
    file("passfile", use_ == PostgresUse::replication);
    secret("password", access_.password);
    for (const auto& key : connection_keys()) setting(key);
    fields_.finish();
    return std::move(access_);
  }

 private:
  static const char* name_of_use(PostgresUse use) {
    switch (use) {
      case PostgresUse::members: return "postgres";
      case PostgresUse::console: return "console";
      case PostgresUse::probe: return "probe";
      case PostgresUse::replication: return "replication";
    }
    return "postgres";
  }

  void service(const Entry& entry) {
    if (use_ == PostgresUse::replication) {
      return problems_.add(entry.at, "a service is not looked up on the other side's server",
                           "write its keys here, and a passfile that is on that server");
    }
    const auto name = read_text(entry.value, "service", problems_);
    if (!name) return;
    auto found = read_service(*name);
    if (!found) problems_.add(entry.value.at, found.error());
    may_miss_ = !found;  // what it has is not known
    if (found) service_ = std::move(*found);
  }

  // What the service has for a key that this file does not give.
  const std::string* by_service(const std::string& key) {
    const auto found = service_.values.find(key);
    return found == service_.values.end() ? nullptr : &found->second;
  }

  // The key's entry, or null: then the service's value is taken if there is one.
  const Entry* entry_of(const std::string& key, bool required) {
    const auto* elsewhere = by_service(key);
    const auto* entry = required && elsewhere == nullptr && !may_miss_ ? fields_.required(key) : fields_.optional(key);
    if (entry == nullptr && elsewhere != nullptr) access_.values[key] = *elsewhere;
    return entry;
  }

  void secret(const std::string& key, Secret& into) {
    const auto* entry = fields_.optional(key);
    const auto* elsewhere = by_service(key);
    if (entry == nullptr && elsewhere != nullptr) into = Secret(*elsewhere);
    if (entry == nullptr) return;
    if (use_ == PostgresUse::replication && key == "sslpassword") {
      return problems_.add(entry->at, "sslpassword would be readable in the other side's catalog",
                           "give that server a key without a password, readable by its own user only");
    }
    into = read_secret(entry->value, folder_, problems_);
  }

  void text(const std::string& key, bool required) {
    const auto* entry = entry_of(key, required);
    if (entry == nullptr) return;
    const auto value = read_text(entry->value, key, problems_);
    if (!value || hides_password(key, *value, entry->value.at)) return;
    if (value->empty()) return problems_.add(entry->value.at, fmt::format("{} is empty", key));
    access_.values[key] = *value;
  }

  // libpq takes a whole connection string as dbname, and options as server settings: places for a password that nobody
  // looks at.
  bool hides_password(const std::string& key, std::string value, Place at) {
    if (key == "dbname" && (value.find('=') != std::string::npos || value.find("://") != std::string::npos)) {
      problems_.add(at, "dbname is a name, not a connection string", "write host, port, user and the others as keys");
      return true;
    }
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
    if (value.find("password") == std::string::npos) return false;
    if (key != "options") return false;
    problems_.add(at, fmt::format("{} holds a password", key),
                  "write password: \"${file:/path}\" or \"${env:NAME}\", or use a passfile");
    return true;
  }

  void port(bool required) {
    const auto* entry = entry_of("port", required);
    if (entry == nullptr) return;
    if (const auto value = read_port(entry->value, problems_); value != 0)
      access_.values["port"] = std::to_string(value);
  }

  void setting(const ConnectionKey& key) {
    using Kind = ConnectionKey::Kind;
    switch (key.kind) {
      case Kind::text: return text(key.name, false);
      case Kind::path: return file(key.name, true);
      case Kind::choice: return choice(key.name, key.choices);
      case Kind::number: return number(key.name, 0);
      case Kind::seconds: return number(key.name, 1);
      case Kind::secret: return secret(key.name, access_.key_password);
    }
  }

  void choice(const std::string& key, const std::vector<std::string>& choices) {
    const auto* entry = entry_of(key, false);
    if (entry == nullptr) return;
    if (const auto value = read_choice(entry->value, key, choices, problems_)) access_.values[key] = *value;
  }

  void number(const std::string& key, std::int64_t lowest) {
    const auto* entry = entry_of(key, false);
    if (entry == nullptr) return;
    const auto value = read_integer(entry->value, key, problems_);
    if (value && *value < lowest) {
      const auto* hint = lowest == 1 ? "it is a number of seconds" : "";
      problems_.add(entry->value.at, fmt::format("{} must be at least {}", key, lowest), hint);
    }
    if (value) access_.values[key] = std::to_string(*value);
  }

  // libpq's certificate files may be missing (sslrootcert: system), so only a passfile of ours is looked at.
  void file(const std::string& key, bool may_be_missing) {
    const auto* entry = entry_of(key, false);
    if (entry == nullptr) return;
    const auto path = read_text(entry->value, key, problems_);
    if (!path) return;
    if (path->empty()) return problems_.add(entry->value.at, fmt::format("{} is empty", key));
    if (*path == "system") {
      access_.values[key] = *path;
    } else if (use_ != PostgresUse::replication) {
      access_.values[key] = folder_.absolute(*path);
      if (!may_be_missing) check_readable(entry->value.at, key, access_.values[key], problems_);
    } else {
      access_.values[key] = *path;
      if (!path->starts_with('/')) {
        problems_.add(entry->value.at, fmt::format("{} must be an absolute path, not {}", key, shown(*path)),
                      "the file is read on the other side's server");
      }
    }
  }

  Fields fields_;
  PostgresUse use_;
  const Folder& folder_;
  Problems& problems_;
  PostgresAccess access_;
  Service service_;
  bool may_miss_ = false;
};

// "http://host:8008": scheme, host, port; a trailing / is dropped.
std::string read_member(const Node& node, Problems& problems) {
  auto text = read_text(node, "a member", problems).value_or("");
  if (text.empty()) return "";
  const auto scheme = text.starts_with("https://") ? 8U : text.starts_with("http://") ? 7U : 0U;
  if (text.find('@') != std::string::npos) {
    problems.add(node.at, "a member's address holds credentials", "write username and password as keys of patroni");
    return "";
  }
  if (text.ends_with('/')) text.pop_back();
  const auto rest = scheme == 0 || text.size() < scheme ? "" : text.substr(scheme);
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  };
  if (rest.empty() || !std::all_of(rest.begin(), rest.end(), allowed)) {
    problems.add(node.at, fmt::format("{} is not the address of a Patroni member", shown(text)),
                 "write http://host:8008 or https://host:8008");
    return "";
  }
  return text;
}

void check_member_twice(const std::vector<std::string>& members, const std::string& member, Place at,
                        Problems& problems) {
  if (std::find(members.begin(), members.end(), member) == members.end()) return;
  problems.add(at, fmt::format("the address {} is used twice", member), "each member has its own address");
}

std::string read_path(Fields& fields, const std::string& key, const Folder& folder, Problems& problems) {
  const auto* entry = fields.optional(key);
  if (entry == nullptr) return "";
  const auto path = read_text(entry->value, key, problems);
  if (!path) return "";
  const auto absolute = folder.absolute(*path);
  check_readable(entry->value.at, key, absolute, problems);
  return absolute;
}

}  // namespace

PostgresAccess read_postgres(const Node& node, PostgresUse use, const Folder& folder, Problems& problems) {
  return PostgresReader(node, use, folder, problems).read();
}

PatroniAccess read_patroni(const Node& node, const Folder& folder, Problems& problems) {
  PatroniAccess out;
  Fields fields(node, "patroni", node.at, problems);
  if (!fields.is_map()) return out;
  for (const auto* item : fields.required_list("members")) {
    const auto member = read_member(*item, problems);
    if (member.empty()) continue;
    check_member_twice(out.members, member, item->at, problems);
    out.members.push_back(member);
  }
  if (const auto* members = fields.optional("members");
      members != nullptr && members->value.kind == Node::Kind::list && members->value.items.empty()) {
    problems.add(members->value.at, "members is empty", "list the REST address of each member");
  }
  out.ca = read_path(fields, "ca", folder, problems);
  out.certificate = read_path(fields, "cert", folder, problems);
  out.key = read_path(fields, "key", folder, problems);
  if (out.certificate.empty() != out.key.empty())
    problems.add(node.at, "cert and key go together", "give both or none");
  if (const auto* insecure = fields.optional("insecure"))
    out.insecure = read_boolean(insecure->value, "insecure", problems).value_or(false);
  const auto* username = fields.optional("username");
  const auto* password = fields.optional("password");
  if ((username == nullptr) != (password == nullptr))
    problems.add(node.at, "username and password go together", "give both or none");
  if (username != nullptr) out.username = read_text(username->value, "username", problems).value_or("");
  if (password != nullptr) out.password = read_secret(password->value, folder, problems);
  fields.finish();
  return out;
}

void check_hosts(const std::string& text, Place at, Problems& problems) {
  const auto hosts = hosts_of(text);
  if (hosts.size() < 2) return;
  const std::set<std::string> distinct(hosts.begin(), hosts.end());
  const bool blank = std::any_of(hosts.begin(), hosts.end(), [](const auto& host) {
    return host.empty() || host.find_first_of(" \t") != std::string::npos;
  });
  if (!blank && distinct.size() == hosts.size()) return;
  problems.add(at, fmt::format("{} is no list of hosts", shown(text)),
               "write each once, with commas and no blanks between: host: \"10.0.0.1,10.0.0.2\"");
}

RouteAccess read_route(const Node& node, Problems& problems) {
  RouteAccess out;
  if (node.kind == Node::Kind::scalar && node.text == "leader") {
    out.leader = true;
    return out;
  }
  if (node.kind != Node::Kind::map) {
    problems.add(node.at,
                 fmt::format("route must be an address or leader, not {}",
                             node.kind == Node::Kind::scalar ? shown(node.text) : kind_of(node)),
                 "write route: {host: 10.0.0.1, port: 5432}, or route: leader");
    return out;
  }
  Fields fields(node, "route", node.at, problems);
  out.host = fields.required_text("host");
  if (const auto* host = fields.optional("host")) check_hosts(out.host, host->value.at, problems);
  if (const auto* port = fields.required("port")) out.port = static_cast<int>(read_port(port->value, problems));
  fields.finish();
  return out;
}

}  // namespace pgcleave::config

#include <filesystem>

#include "base/address.h"
#include "base/format.h"
#include "init/file_texts.h"
#include "init/login.h"

namespace pgcleave::init {
namespace {

std::string host_value(const std::string& host) {
  return host.find(':') == std::string::npos ? yaml_value(host) : '"' + host + '"';
}

class EnvironmentText {
 public:
  EnvironmentText(const Asked& asked, const Found& found) : asked_(asked), found_(found) {
    const auto named = passfile_of(asked);
    passfile_ = yaml_value(named.empty() ? passfile : named);
  }

  std::string run() {
    const char* kind = asked_.production ? "production" : "staging";
    text_ =
        "# yaml-language-server: $schema=environment.schema.json\n"
        "# Where the two clusters and the bouncers are. Written by pgcleave init from what they say.\n"
        "environment: 1\n";
    line("name: {}", yaml_value(fmt::format("{}-{}", word_of(found_.pools.database), kind)));
    line("class: {}  # {}", kind,
         asked_.production ? "a run begins after a readiness review, and asks for the name above"
                           : "may be rehearsed; gates may be approved beforehand");
    line("journal: journal.db  # on this host, never in the databases that are split");
    line("split: {}", split_file);
    side("source", found_.source, found_.pools.host, found_.pools.port);
    side("target", found_.target, found_.target.leader.host, found_.target.leader.port);
    pools();
    return std::move(text_);
  }

 private:
  template <class... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    text_ += fmt::format(format, std::forward<Values>(values)...) + "\n";
  }

  // A relative one was meant from where the command was typed, not from the file's folder.
  static std::string whole_path(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::absolute(path, ignored).lexically_normal().string();
  }

  static std::string word_of(const std::string& database) {
    constexpr std::size_t most = 40;
    std::string word;
    for (const unsigned char c : database.substr(0, most))
      word += std::isalnum(c) != 0 || c == '_' || c == '-' ? static_cast<char>(c) : '_';
    return word;
  }

  void side(const char* key, const ClusterFound& cluster, const std::string& host, int port) {
    line("{}:  # Patroni {}, PostgreSQL {}", key, printable(cluster.version), cluster.server_version / 10000);
    line("  scope: {}", yaml_value(cluster.scope));
    std::vector<std::string> members;
    for (const auto& member : cluster.members) members.push_back('"' + member + '"');
    line("  patroni:");
    line("    members: [{}]", fmt::join(members, ", "));
    if (!asked_.ca.empty()) line("    ca: {}", yaml_value(whole_path(asked_.ca)));
    if (cluster.asks_password) {
      line("    username: {}  # of restapi.authentication", yaml_value(asked_.user));
      line("    password: \"${{file:{}}}\"", rest_secret);
    }
    line("  postgres: {{dbname: {}, user: {}, passfile: {}}}", yaml_value(found_.pools.database),
         yaml_value(asked_.user), passfile_);
    line("  # What the bouncers connect to while this side serves. `route: leader` follows failovers.");
    line("  route: {{host: {}, port: {}}}", host_value(host), port);
    line("  # As whom the other side's servers log in here to replicate.");
    line("  replication: {{user: {}, password: \"${{file:{}}}\"}}", yaml_value(asked_.user), replication_secret);
  }

  void pools() {
    line("pools:  # only what uses the moved tables may go through them");
    std::set<std::size_t> named;
    for (const auto& pool : found_.pools.pools) {
      std::vector<std::string> names;
      for (const auto& name : pool.databases) names.push_back(yaml_value(name));
      line("  - {}",
           names.size() == 1 ? "database: " + names.front() : fmt::format("databases: [{}]", fmt::join(names, ", ")));
      if (!asked_.probe_user.empty()) {
        line("    # A client of ours: measures what clients see, and where writes land.");
        line("    probe: {{user: {}, passfile: {}}}", yaml_value(asked_.probe_user), passfile_);
      }
      line("    bouncers:");
      for (const auto place : pool.bouncers)
        bouncer(found_.bouncers[place], named.insert(place).second ? "" : "." + word_of(pool.databases.front()));
    }
  }

  void bouncer(const BouncerFound& bouncer, const std::string& suffix) {
    line("      - name: {}{}  # PgBouncer {}", bouncer.name, suffix, printable(bouncer.version));
    line("        console: {{host: {}, port: {}, user: {}, passfile: {}}}", host_value(bouncer.at.host),
         bouncer.at.port, yaml_value(asked_.admin()), passfile_);
    line("        config: {}", yaml_value(bouncer.config));
    if (!is_here(bouncer.at.host)) line("        shell: [ssh, {}]", yaml_value(bouncer.at.host));
  }

  const Asked& asked_;
  const Found& found_;
  std::string passfile_;
  std::string text_;
};

}  // namespace

std::string environment_text(const Asked& asked, const Found& found) {
  return EnvironmentText(asked, found).run();
}

}  // namespace pgcleave::init

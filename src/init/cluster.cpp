#include "init/cluster.h"

#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "base/lines.h"
#include "patroni/answers.h"

namespace pgcleave::init {
namespace {

// The address of a REST interface, of an api_url: "http://10.0.0.1:8008/patroni" (Patroni 3.0 to 4.1).
std::string address_of(const patroni::Member& member) {
  const auto scheme = member.rest_url.find("://");
  return scheme == std::string::npos ? "" : member.rest_url.substr(0, member.rest_url.find('/', scheme + 3));
}

class Asking {
 public:
  Asking(config::SideName side, const std::string& url, const Asked& asked, Deadline deadline)
      : side_(side), rest_(url, access(asked)), deadline_(deadline) {}

  Result<ClusterFound> run() {
    ClusterFound found;
    found.side = side_;
    TRY_ASSIGN(const auto status, get("/patroni"));
    const auto member = patroni::read_address(rest_.url(), status);
    if (member.scope.empty())
      return fail(wrong("answers, but not as Patroni does", "GET /patroni with patroni.scope", to_text(status)));
    TRY_ASSIGN(const auto cluster, get("/cluster"));
    const auto view = patroni::read_view(rest_.url(), cluster);
    if (!view) return fail(wrong("answers, but not as Patroni does", "GET /cluster with members", view.error().seen));
    TRY_ASSIGN(const auto config, get("/config"));
    found.scope = member.scope;
    found.version = member.version;
    found.server_version = member.server_version;
    found.view = *view;
    found.standby = patroni::is_set(config, "standby_cluster");
    const auto* leader = found.view.leader();
    if (leader == nullptr || leader->host.empty()) {
      return fail({ErrorKind::not_ready, found.label(), "has no leader", "a leader or a standby leader with an address",
                   fmt::format("{} members", found.view.members.size()), "patronictl list " + found.scope, ""});
    }
    found.leader = *leader;
    take_members(found);
    TRY_ASSIGN(found.asks_password, asks_password());
    return found;
  }

 private:
  static rest::Access access(const Asked& asked) {
    rest::Access access;
    access.ca = asked.ca;
    return access;
  }

  Error wrong(std::string what, std::string expected, const std::string& seen) {
    constexpr std::size_t most = 200;
    const auto line = one_line(seen);
    return {
        ErrorKind::not_ready,
        fmt::format("--{} {}", config::name_of(side_), rest_.url()),
        std::move(what),
        std::move(expected),
        line.size() <= most ? line : line.substr(0, most) + " ...",
        fmt::format("curl {0}/patroni shows what is there; then pgcleave init --{1} http://HOST:8008 (restapi.listen "
                    "of a member of the {1})",
                    rest_.url(), config::name_of(side_)),
        ""};
  }

  Result<Json> get(const std::string& path) {
    const auto answer = rest_.get(path, deadline_);
    if (!answer) return fail(wrong("is not answered", "GET " + path + " of a Patroni member", answer.error().text()));
    auto json = patroni::json_object(rest_.url(), path, *answer);
    // 503 with an object is how a member answers while its PostgreSQL is down (3.0 to 4.1).
    if (!json)
      return fail(wrong("answers, but not as Patroni does", "GET " + path + " with a JSON object", json.error().seen));
    return json;
  }

  void take_members(ClusterFound& found) {
    found.members = rest_addresses(found.view);
    auto& all = found.members;
    if (std::find(all.begin(), all.end(), rest_.url()) == all.end()) all.insert(all.begin(), rest_.url());
  }

  // Patroni asks for a name and a password before it reads the body, which it then refuses with 400 (3.0 to 4.1).
  Result<bool> asks_password() {
    const auto answer = rest_.send("PATCH", "/config", "no JSON", "text/plain", deadline_);
    if (!answer) return fail(wrong("does not answer a PATCH", "400 or 401", answer.error().text()));
    return answer->status == 401;
  }

  config::SideName side_;
  rest::Client rest_;
  Deadline deadline_;
};

}  // namespace

Result<ClusterFound> read_cluster(config::SideName side, const std::string& url, const Asked& asked,
                                  Deadline deadline) {
  return Asking(side, url, asked, deadline).run();
}

std::vector<std::string> rest_addresses(const patroni::View& view) {
  std::vector<std::string> all;
  for (const auto& member : view.members) {
    if (auto url = address_of(member); !url.empty()) all.push_back(std::move(url));
  }
  return all;
}

Result<void> are_two(const ClusterFound& source, const ClusterFound& target) {
  for (const auto& one : source.view.members) {
    for (const auto& other : target.view.members) {
      if (one.host != other.host || one.port != other.port) continue;
      return fail({ErrorKind::invalid, "--target", "belongs to the same cluster as --source",
                   "a member of a standby cluster of " + source.scope,
                   fmt::format("member {} at {} is in both", other.name, address_text(other.host, other.port)),
                   "give --target the address of a member of the cluster that tables move to", ""});
    }
  }
  if (source.scope != target.scope) return {};
  return fail({ErrorKind::invalid, "--target", "is a cluster of the same scope as --source", "two different scopes",
               source.scope, "give the target a scope of its own: ownership is told by it", ""});
}

}  // namespace pgcleave::init

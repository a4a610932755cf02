// What forbids or endangers the promotion of a standby cluster. Not visible by REST, and so not here: a failover key
// without a schedule, pre_promote in a member's own file, a watchdog that would be required but is configured nowhere
// yet, and a configuration management that un-pauses or rewrites Patroni.
#include "patroni/inspection.h"

#include <future>

#include "base/format.h"
#include "patroni/answers.h"

namespace pgcleave::patroni {

namespace {

bool is_true(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_string()) return value.is_number_integer() && value.get<int>() != 0;
  const auto text = value.get<std::string>();
  return text == "true" || text == "on" || text == "yes" || text == "1";
}

std::int64_t number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

Result<Json> get(rest::Client& rest, const std::string& path, Deadline deadline) {
  TRY_ASSIGN(const auto answer, rest.get(path, deadline));
  return json_object(rest.url(), path, answer);
}

struct Answers {
  Address address;
  Result<Json> cluster = Json::object();
  Result<Json> config = Json::object();
};

Answers ask(const std::string& url, const Access& access, Deadline deadline) {
  rest::Client rest(url, access);
  Answers out;
  const auto status = get(rest, "/patroni", deadline);
  if (!status) {
    out.address.url = url;
    out.address.error = status.error().text();
    out.cluster = out.config = fail(status.error());
    return out;
  }
  out.address = read_address(url, *status);
  out.cluster = get(rest, "/cluster", deadline);
  out.config = get(rest, "/config", deadline);
  return out;
}

}  // namespace

bool is_on(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && is_true(*found);
}

bool is_set(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null() && !(found->is_string() && found->get<std::string>().empty());
}

Json object_at(const Json& object, const std::vector<std::string>& path) {
  const Json* at = &object;
  for (const auto& key : path) {
    const auto found = at->find(key);
    if (found == at->end() || !found->is_object()) return Json::object();
    at = &*found;
  }
  return *at;
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

std::string slot_of_standby(const Json& standby_cluster) {
  std::string slot;
  for (const unsigned char c : text_at(standby_cluster, "primary_slot_name")) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (c >= 'A' && c <= 'Z') {
      slot += static_cast<char>(c - 'A' + 'a');
    } else if (alphanumeric) {
      slot += static_cast<char>(c);
    } else if (c == '-' || c == '.') {
      slot += '_';
    } else {
      slot += fmt::format("u{:04d}", static_cast<int>(c));
    }
  }
  return slot.substr(0, 63);
}

Json without_nulls(const Json& object) {
  if (!object.is_object()) return object;
  Json out = Json::object();
  for (const auto& [key, value] : object.items()) {
    if (!value.is_null()) out[key] = without_nulls(value);
  }
  return out;
}

Address read_address(const std::string& url, const Json& status) {
  Address out;
  out.url = url;
  out.scope = scope_in(status);
  out.version = text_at(object_at(status, {"patroni"}), "version");
  out.server_version = static_cast<int>(number_at(status, "server_version"));
  out.dcs_seen_s = number_at(status, "dcs_last_seen");
  out.failsafe = is_on(status, "failsafe_mode_is_active");
  out.without_leader_key = is_on(status, "cluster_unlocked");
  out.watchdog_failed = is_on(status, "watchdog_failed");
  return out;
}

Inspection inspect(const Access& access, Deadline deadline) {
  std::vector<std::future<Answers>> asked;
  for (const auto& url : access.members) {
    asked.push_back(std::async(std::launch::async, [&access, &url, deadline] { return ask(url, access, deadline); }));
  }
  Inspection out;
  out.error = "no member in the environment file";
  bool known = false;
  for (auto& one : asked) {
    auto answers = one.get();
    out.addresses.push_back(answers.address);
    if (known) continue;
    const auto view =
        answers.cluster ? read_view(answers.address.url, *answers.cluster) : fail(answers.cluster.error());
    known = view && answers.config;
    out.error = known ? "" : (view ? answers.config.error() : view.error()).text();
    if (!known) continue;
    out.view = *view;
    out.view.scope = answers.address.scope;
    out.switchover_scheduled = is_set(*answers.cluster, "scheduled_switchover");
    out.config = *answers.config;
    out.view.paused = out.view.paused || is_on(out.config, "pause");
  }
  return out;
}

namespace {

void about_leader(const View& view, const Json& status, std::vector<std::string>& out) {
  const auto* leader = view.leader();
  if (leader == nullptr) {
    out.emplace_back("the cluster has no standby leader: nobody would be promoted");
    return;
  }
  if (leader->role != Role::standby_leader) {
    out.push_back(fmt::format("member {} leads as an ordinary leader, not as a standby leader: it is promoted already",
                              leader->name));
  }
  if (leader->state != "running" && leader->state != "streaming" && leader->state != "in archive recovery") {
    out.push_back(fmt::format("the leader {} is in state \"{}\", not running", leader->name, leader->state));
  }
  if (is_on(status, "cluster_unlocked")) {
    out.push_back(fmt::format("the leader {} does not see a leader key in the DCS", leader->name));
  }
  if (is_on(status, "failsafe_mode_is_active")) {
    out.push_back(fmt::format("the leader {} runs in failsafe mode: it can't reach its DCS", leader->name));
  }
  if (is_on(status, "watchdog_failed")) {
    out.push_back(fmt::format("the watchdog that {} requires does not work: Patroni refuses to promote without it",
                              leader->name));
  }
}

}  // namespace

std::vector<std::string> obstacles(const Json& cluster, const View& view, const Json& config,
                                   const Json& leader_status) {
  std::vector<std::string> out;
  if (view.paused || is_on(config, "pause")) {
    out.emplace_back(
        "Patroni is paused: the leader would drop its key and nobody would be promoted; run patronictl resume");
  }
  about_leader(view, leader_status, out);
  if (!is_set(config, "standby_cluster")) {
    out.emplace_back("the configuration has no standby_cluster: there is nothing to take away that would promote");
  }
  if (is_on(config, "synchronous_mode_strict")) {
    out.emplace_back(
        "synchronous_mode_strict is on: commits on the promoted leader wait until a synchronous standby has come");
  }
  const auto postgresql = config.find("postgresql");
  if (postgresql != config.end() && postgresql->is_object() && is_set(*postgresql, "pre_promote")) {
    out.emplace_back("postgresql.pre_promote is set: its command runs before the promotion and may stop or delay it");
  }
  if (is_set(cluster, "scheduled_switchover")) {
    out.emplace_back("a switchover is scheduled; remove it with patronictl flush CLUSTER switchover");
  }
  return out;
}

}  // namespace pgcleave::patroni

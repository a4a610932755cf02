#include "patroni/answers.h"

#include "base/format.h"

namespace pgcleave::patroni {
namespace {

std::string shortened(const std::string& text) {
  constexpr std::size_t limit = 120;
  if (text.empty()) return "an empty body";
  return text.size() <= limit ? text : text.substr(0, limit) + "...";
}

Error garbage(const std::string& url, const std::string& what, const std::string& expected, const std::string& seen) {
  return {ErrorKind::unknown, url, what, expected, shortened(seen), "", ""};
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t number_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// "master" until 3.x, "leader" in GET /cluster of all versions, "primary" from 4.0; "quorum_standby" from 4.0.
Role role_named(const std::string& name) {
  if (name == "leader" || name == "master" || name == "primary") return Role::leader;
  if (name == "standby_leader") return Role::standby_leader;
  if (name == "sync_standby" || name == "quorum_standby") return Role::sync_standby;
  if (name == "replica") return Role::replica;
  return Role::other;
}

}  // namespace

// Patroni's words (api.py, 3.0.2 to 4.1): "Access is denied" (an address that is on no allow list), "client certificate
// required", "no auth header received", "not authenticated".
std::string hint_of_refusal(const Answer& answer) {
  if (answer.status != 401 && answer.status != 403) return "";
  if (answer.body.find("Access is denied") != std::string::npos)
    return "add this machine's address to restapi.allowlist of that member, or run pgcleave from one that is there";
  if (answer.body.find("client certificate") != std::string::npos)
    return "set patroni.cert and patroni.key for this cluster in the environment file";
  return "set username and password of restapi's basic auth for this cluster in the environment file";
}

Result<Json> json_object(const std::string& url, const std::string& path, const Answer& answer) {
  if (answer.status != 200) {
    auto error = garbage(url, "GET " + path + " was not answered with 200", "200",
                         fmt::format("{} {}", answer.status, answer.body));
    error.code = std::to_string(answer.status);
    error.hint = hint_of_refusal(answer);
    if (answer.status >= 500)
      error.hint = "Patroni says so when it can't read its DCS (etcd): check the DCS and the member's log";
    return fail(error);
  }
  auto json = Json::parse(answer.body, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return fail(garbage(url, "GET " + path + " was answered with garbage", "a JSON object", answer.body));
  }
  return json;
}

Result<View> read_view(const std::string& url, const Json& cluster) {
  View view;
  const auto members = cluster.find("members");
  if (members == cluster.end() || !members->is_array()) {
    return fail(garbage(url, "GET /cluster names no members", "a list \"members\"", to_text(cluster)));
  }
  for (const auto& entry : *members) {
    Member member;
    if (entry.is_object()) member.name = text_in(entry, "name");
    if (member.name.empty()) {
      return fail(
          garbage(url, "GET /cluster holds a member without a name", "an object with \"name\"", to_text(entry)));
    }
    member.role = role_named(text_in(entry, "role"));
    member.state = text_in(entry, "state");
    member.rest_url = text_in(entry, "api_url");
    member.host = text_in(entry, "host");
    member.port = static_cast<int>(number_in(entry, "port"));
    if (member.port == 0 && !member.host.empty()) member.port = 5432;
    member.timeline = static_cast<std::uint32_t>(number_in(entry, "timeline"));
    if (const auto lag = entry.find("lag"); lag != entry.end() && lag->is_number_integer())
      member.lag = lag->get<std::int64_t>();
    member.restart_scheduled = entry.contains("scheduled_restart");
    const Json::json_pointer nofailover("/tags/nofailover");
    member.never_promoted = entry.contains(nofailover) && entry.at(nofailover) == Json(true);
    view.members.push_back(std::move(member));
  }
  const auto pause = cluster.find("pause");
  view.paused = pause != cluster.end() && pause->is_boolean() && pause->get<bool>();
  return view;
}

std::string scope_in(const Json& status) {
  const auto about = status.find("patroni");
  return about != status.end() && about->is_object() ? text_in(*about, "scope") : "";
}

Result<Json> read_patch_answer(const std::string& url, const Answer& answer) {
  const auto status = answer.status;
  if (status == 200) {
    auto json = Json::parse(answer.body, nullptr, false);
    if (!json.is_discarded() && json.is_object()) return json;
    return fail(
        garbage(url, "PATCH /config was answered with garbage", "the new configuration as a JSON object", answer.body));
  }
  Error error{ErrorKind::failed,
              url,
              "PATCH /config was refused",
              "200",
              fmt::format("{} {}", status, shortened(answer.body)),
              "",
              ""};
  error.code = std::to_string(status);
  error.hint = hint_of_refusal(answer);
  // 409: the DCS refused or did not answer the write, and Patroni does not tell which. 503: there was nothing to patch.
  // Other 5xx come from proxies or from a handler that died half way.
  if (status == 409 || (status >= 500 && status != 503) || status < 400) {
    error.kind = ErrorKind::unknown;
    error.what = "PATCH /config may or may not have been stored";
    error.hint = fmt::format("read it again: curl {}/config", url);
  }
  return fail(error);
}

}  // namespace pgcleave::patroni

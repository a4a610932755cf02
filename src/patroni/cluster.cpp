#include "patroni/cluster.h"

#include <algorithm>
#include <map>

#include "base/fields.h"
#include "base/format.h"
#include "patroni/answers.h"

namespace pgcleave::patroni {

const Member* View::leader() const {
  const auto leads = [](const Member& member) {
    return member.role == Role::leader || member.role == Role::standby_leader;
  };
  const auto found = std::find_if(members.begin(), members.end(), leads);
  return found == members.end() ? nullptr : &*found;
}

struct Cluster::State {
  std::string side;
  Access access;
  std::map<std::string, rest::Client> rests;  // by URL, so that connections are kept
  std::string leader_url;                     // "" until somebody was asked

  rest::Client& rest(const std::string& url) {
    const auto found = rests.find(url);
    return found != rests.end() ? found->second : rests.emplace(url, rest::Client(url, access)).first->second;
  }

  Result<Json> get_json(const std::string& url, const std::string& path, Deadline deadline) {
    TRY_ASSIGN(const auto answer, rest(url).get(path, deadline));
    return json_object(url, path, answer);
  }

  // Calls `ask(url, deadline)` for each member until one succeeds. A member that is silent leaves time for the others.
  template <class Ask>
  auto first_that_answers(const std::string& purpose, Deadline deadline, Ask ask)
      -> decltype(ask(std::string(), deadline)) {
    Error error{ErrorKind::failed, side + " cluster", purpose, "an answer from a member", "", "", ""};
    auto remaining = static_cast<Duration::rep>(access.members.size());
    for (const auto& url : access.members) {
      auto result = ask(url, Deadline::in(deadline.left() / remaining--));
      if (result) return result;
      error.kind = result.error().kind;
      error.seen += (error.seen.empty() ? "" : "; ") + result.error().text();
      if (error.hint.empty()) error.hint = result.error().hint;
    }
    if (access.members.empty()) error.seen = "no member in the environment file";
    return fail(error);
  }

  // GET /leader is answered with 200 by the leader and the standby leader alone, in all versions: so a configured URL
  // is recognized even if Patroni calls that member by another address.
  Result<void> find_leader(Deadline deadline) {
    auto remaining = static_cast<Duration::rep>(access.members.size()) + 1;
    for (const auto& url : access.members) {
      const auto answer = rest(url).get("/leader", Deadline::in(deadline.left() / remaining--));
      if (answer && answer->status == 200) {
        leader_url = url;
        return {};
      }
    }
    TRY_ASSIGN(const auto view, first_that_answers("no member says who leads", deadline,
                                                   [this](const std::string& url, Deadline until) -> Result<View> {
                                                     TRY_ASSIGN(const auto json, get_json(url, "/cluster", until));
                                                     return read_view(url, json);
                                                   }));
    const auto* leader = view.leader();
    if (leader == nullptr || leader->rest_url.empty()) {
      return fail({ErrorKind::not_ready, side + " cluster", "has no leader", "a leader or standby leader",
                   fmt::format("{} members, none of them leads", view.members.size()),
                   "look at it with patronictl list", ""});
    }
    leader_url = leader->rest_url;
    return {};
  }
};

Cluster::Cluster(std::string side, Access access) : state_(std::make_unique<State>()) {
  state_->side = std::move(side);
  state_->access = std::move(access);
}

Cluster::Cluster(Cluster&&) noexcept = default;
Cluster& Cluster::operator=(Cluster&&) noexcept = default;
Cluster::~Cluster() = default;

Result<View> Cluster::view(Deadline deadline) {
  return state_->first_that_answers("can't be looked at", deadline,
                                    [this](const std::string& url, Deadline until) -> Result<View> {
                                      TRY_ASSIGN(const auto cluster, state_->get_json(url, "/cluster", until));
                                      TRY_ASSIGN(auto view, read_view(url, cluster));
                                      TRY_ASSIGN(const auto status, state_->get_json(url, "/patroni", until));
                                      view.scope = scope_in(status);
                                      return view;
                                    });
}

Result<Json> Cluster::config(Deadline deadline) {
  return state_->first_that_answers(
      "its configuration can't be read", deadline,
      [this](const std::string& url, Deadline until) { return state_->get_json(url, "/config", until); });
}

Result<void> Cluster::warm(Deadline deadline) {
  return state_->find_leader(deadline);
}

Result<Json> Cluster::patch_config(const Json& patch, Deadline deadline) {
  const bool remembered = !state_->leader_url.empty();
  if (!remembered) TRY(state_->find_leader(deadline));
  auto answer = state_->rest(state_->leader_url).patch("/config", patch, deadline);
  if (!answer && answer.error().kind == ErrorKind::failed && remembered && !deadline.passed()) {
    // Nothing was sent: the leader that was found before the window has gone. Another may lead by now.
    state_->leader_url.clear();
    TRY(state_->find_leader(deadline));
    answer = state_->rest(state_->leader_url).patch("/config", patch, deadline);
  }
  if (!answer) {
    auto error = answer.error();
    if (error.kind == ErrorKind::unknown) error.hint = fmt::format("read it again: curl {}/config", state_->leader_url);
    return fail(error);
  }
  return read_patch_answer(state_->leader_url, *answer);
}

Result<std::vector<std::string>> Cluster::obstacles_to_promotion(Deadline deadline) {
  TRY_ASSIGN(const auto configuration, config(deadline));
  TRY_ASSIGN(const auto cluster,
             state_->first_that_answers("can't be looked at", deadline, [this](const std::string& url, Deadline until) {
               return state_->get_json(url, "/cluster", until);
             }));
  TRY_ASSIGN(const auto view, read_view(state_->side + " cluster", cluster));
  auto status = Json::object();
  if (view.leader() != nullptr) {
    TRY(state_->find_leader(deadline));
    TRY_ASSIGN(status, state_->get_json(state_->leader_url, "/patroni", deadline));
  }
  return obstacles(cluster, view, configuration, status);
}

const std::string& Cluster::side() const {
  return state_->side;
}

Result<std::string> state_of(const Access& access, const Member& member, Deadline deadline) {
  rest::Client rest(member.rest_url, access);
  TRY_ASSIGN(const auto answer, rest.get("/patroni", deadline));
  TRY_ASSIGN(const auto status, json_object(member.rest_url, "/patroni", answer));
  return pgcleave::text_in(status, "state");
}

// 503 with a sentence: "I am the leader, can not reinitialize", "restarting after failure already in progress" (3.0
// to 4.1).
Result<void> reinitialize(const Access& access, const Member& member, Deadline deadline) {
  rest::Client rest(member.rest_url, access);
  TRY_ASSIGN(const auto answer,
             rest.send("POST", "/reinitialize", to_text(Json{{"force", true}}), "application/json", deadline));
  const auto status = answer.status;
  if (status == 200 || (status == 503 && answer.body.starts_with("reinitialize already in progress"))) return {};
  Error error{ErrorKind::failed,
              member.rest_url,
              "POST /reinitialize was refused",
              "200",
              fmt::format("{} {}", status, answer.body.substr(0, 120)),
              "",
              ""};
  error.code = std::to_string(status);
  if (status == 503) error.kind = ErrorKind::not_ready;
  error.hint = hint_of_refusal(answer);
  return fail(error);
}

}  // namespace pgcleave::patroni

#include "base/format.h"
#include "checks/access/access.h"
#include "checks/finding.h"
#include "postgres/login_failure.h"

namespace pgcleave::checks {
namespace {

class LoginJudge : Judging {
 public:
  LoginJudge() : Judging("access") {}

  Findings run(const std::vector<Login>& logins) {
    for (const auto& login : logins) judge(login);
    return std::move(found_);
  }

 private:
  void judge(const Login& login) {
    if (login.result == LoginResult::works || login.result == LoginResult::not_tried) return;
    const bool may_open = login.result == LoginResult::closed && login.opens_later;
    auto why = login.why;
    if (may_open) why += "; a proxy that opens only for a primary looks like this before the promotion";
    add(login.id.c_str(), may_open || login.only_warns ? Severity::warning : Severity::blocker,
        fmt::format("login from {} to {} as {}", login.from, login.to, login.as), login.said, login.query, why,
        login.fix);
  }
};

}  // namespace

const char* name_of(LoginResult result) {
  switch (result) {
    case LoginResult::works: return "works";
    case LoginResult::refused: return "refused";
    case LoginResult::unanswered: return "unanswered";
    case LoginResult::closed: return "closed";
    case LoginResult::not_tried: return "not tried";
  }
  return "not tried";
}

// A server that refuses gives a SQLSTATE. TLS that does not fit has none, and the server did answer.
void note(Login& login, const Error& error) {
  login.said = error.seen.empty() ? error.text() : error.seen;
  login.said = login.said.substr(0, login.said.find("\n\t"));
  switch (postgres::login_failure(error)) {
    case postgres::LoginFailure::no_password: login.result = LoginResult::not_tried; break;
    case postgres::LoginFailure::closed: login.result = LoginResult::closed; break;
    case postgres::LoginFailure::unanswered: login.result = LoginResult::unanswered; break;
    case postgres::LoginFailure::refused: login.result = LoginResult::refused; break;
  }
}

Findings judge_logins(const std::vector<Login>& logins) {
  return LoginJudge().run(logins);
}

Json json_of(const Login& login) {
  return {{"from", login.from},
          {"to", login.to},
          {"as", login.as},
          {"tls", login.tls},
          {"result", name_of(login.result)},
          {"seen", login.said},
          {"fix", login.result == LoginResult::works ? "" : login.fix},
          {"id", "access." + login.id}};
}

}  // namespace pgcleave::checks

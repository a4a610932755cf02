// Every login that a window needs, tried before it from where it will be made, or as near to that as this machine can.
// access_logins.cpp and access_members.cpp try, access_findings.cpp judges; `pgcleave doctor` shows all of them.
#pragma once

#include <string>
#include <vector>

#include "checks/check_context.h"
#include "checks/finding.h"

namespace pgcleave::checks {

enum class LoginResult {
  works,
  refused,     // a server answered, and said no
  unanswered,  // nobody answered
  closed,      // the connection was taken and closed at once, as by a proxy without a server behind it
  not_tried,
};
const char* name_of(LoginResult result);  // "works", "refused", ...

struct Login {
  std::string id;  // of its finding: "bouncer_login"
  std::string from, to, as;
  std::string tls;  // what was seen, or what was asked for
  LoginResult result = LoginResult::not_tried;
  std::string said;   // the server's words, or why it was not tried
  std::string query;  // which shows it again
  std::string why, fix;
  bool opens_later = false;  // a proxy may open it only after the promotion
  bool elsewhere = false;    // it is made on another machine than this one
  bool only_warns = false;   // the window itself can do without it
};

// Takes the result from libpq's outcome.
void note(Login& login, const Error& error);

// All of them. Changes nothing that stays: a subscription is made in a transaction that is rolled back, Patroni gets a
// PATCH that takes away a key that is not there.
Result<std::vector<Login>> try_logins(CheckContext& context);

Findings judge_logins(const std::vector<Login>& logins);
Json json_of(const Login& login);

}  // namespace pgcleave::checks

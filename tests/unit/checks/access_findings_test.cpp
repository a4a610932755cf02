#include <catch2/catch.hpp>

#include "checks/access/access.h"
#include "lines.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

Login a_login(LoginResult result) {
  Login login{"bouncer_login", "bouncer b", "target ci by 10.0.0.3:5432", "app"};
  login.result = result;
  return login;
}

Login after_note(const std::string& seen, ErrorKind kind = ErrorKind::failed) {
  auto login = a_login(LoginResult::works);
  note(login, {kind, "bouncer b", "could not connect", "", seen, "", ""});
  return login;
}

const Lines as_blocker{"blocker access.bouncer_login login from bouncer b to target ci by 10.0.0.3:5432 as app"};
const Lines as_warning{"warning access.bouncer_login login from bouncer b to target ci by 10.0.0.3:5432 as app"};

}  // namespace

TEST_CASE("a login that works is silent, and so is one that could not be tried") {
  CHECK(judge_logins({a_login(LoginResult::works), a_login(LoginResult::not_tried)}).empty());
}

TEST_CASE("a login that is refused or that nobody answers blocks") {
  CHECK(lines(judge_logins({a_login(LoginResult::refused)})) == as_blocker);
  CHECK(lines(judge_logins({a_login(LoginResult::unanswered)})) == as_blocker);
}

TEST_CASE("a connection that is closed at once blocks, unless a promotion is still to come") {
  auto login = a_login(LoginResult::closed);
  CHECK(lines(judge_logins({login})) == as_blocker);
  login.opens_later = true;
  CHECK(lines(judge_logins({login})) == as_warning);
  login.result = LoginResult::unanswered;  // nobody listens: no promotion helps
  CHECK(lines(judge_logins({login})) == as_blocker);
}

TEST_CASE("what libpq says tells a refusal from silence, and both from a password that nobody knows") {
  CHECK(after_note("FATAL: password authentication failed").result == LoginResult::refused);
  CHECK(after_note("server certificate for \"ci.db.example\" does not match host name \"10.0.0.3\"").result ==
        LoginResult::refused);
  CHECK(after_note("connection to server at \"10.0.0.3\", port 1 failed: Connection refused").result ==
        LoginResult::unanswered);
  CHECK(after_note("no answer", ErrorKind::timed_out).result == LoginResult::unanswered);
  CHECK(after_note("server closed the connection unexpectedly").result == LoginResult::closed);
  CHECK(after_note("fe_sendauth: no password supplied").result == LoginResult::not_tried);
  CHECK(after_note("FATAL: no").said == "FATAL: no");
}

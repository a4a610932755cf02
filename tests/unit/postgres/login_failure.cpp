#include "postgres/login_failure.h"

#include <catch2/catch.hpp>

#include "postgres/connection.h"
#include "postgres/server.h"

namespace pgcleave::postgres {
namespace {

Error login_said(const std::string& seen, const std::string& code = "", ErrorKind kind = ErrorKind::failed) {
  return {kind, "source main-1", "could not connect", "", seen, "", code};
}

}  // namespace

TEST_CASE("why a login failed is told by what libpq says, and a refusal is what is left") {
  CHECK(login_failure(login_said("fe_sendauth: no password supplied")) == LoginFailure::no_password);
  CHECK(login_failure(login_said("server closed the connection unexpectedly")) == LoginFailure::closed);
  CHECK(login_failure(login_said("No route to host")) == LoginFailure::unanswered);
  CHECK(login_failure(login_said("no answer", "", ErrorKind::timed_out)) == LoginFailure::unanswered);
  CHECK(login_failure(login_said("FATAL:  password authentication failed", "28P01")) == LoginFailure::refused);
  CHECK(login_failure(login_said("SSL error: certificate verify failed")) == LoginFailure::refused);
}

TEST_CASE("a port where nobody listens does not answer a login, and a server refuses a role that it does not have") {
  const auto& server = test::main_server();
  Settings settings;
  settings.name = "nobody";
  settings.values = {
      {"host", "127.0.0.1"}, {"port", std::to_string(test::free_port())}, {"user", "postgres"}, {"dbname", "postgres"}};
  const auto unanswered = Connection::open(settings, Deadline::in(std::chrono::seconds(5)));
  REQUIRE_FALSE(unanswered);
  CHECK(login_failure(unanswered.error()) == LoginFailure::unanswered);
  settings.values["port"] = std::to_string(server.port());
  settings.values["user"] = "no_such_role";
  const auto refused = Connection::open(settings, Deadline::in(std::chrono::seconds(5)));
  REQUIRE_FALSE(refused);
  CHECK(login_failure(refused.error()) == LoginFailure::refused);
}

}  // namespace pgcleave::postgres

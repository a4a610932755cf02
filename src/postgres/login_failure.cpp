#include "postgres/login_failure.h"

namespace pgcleave::postgres {

LoginFailure login_failure(const Error& error) {
  const auto text = error.text();
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  if (says("no password supplied")) return LoginFailure::no_password;
  if (says("closed the connection unexpectedly")) return LoginFailure::closed;
  if (error.kind == ErrorKind::timed_out || says("Connection refused") || says("No route to host"))
    return LoginFailure::unanswered;
  return LoginFailure::refused;
}

}  // namespace pgcleave::postgres

// Why a login failed. A server that refuses gives a SQLSTATE; all else libpq tells in words alone (15 to 18), which are
// read here and nowhere else.
#pragma once

#include "base/error.h"

namespace pgcleave::postgres {

enum class LoginFailure {
  refused,      // a server answered, and said no
  no_password,  // it asks for a password, and there is none
  closed,       // the connection was taken and closed at once, as by a proxy without a server behind it
  unanswered,   // nobody answered
};

// Of an error of Connection::open or open_all.
LoginFailure login_failure(const Error& error);

}  // namespace pgcleave::postgres

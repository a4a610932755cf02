// The one error type. An error says what happened to which object, what was expected, what was seen, and which command
// or statement to use next. Errors are values (base/result.h); exceptions of libraries end at the adapter.
#pragma once

#include <string>

namespace pgcleave {

enum class ErrorKind {
  invalid,      // a file, an argument or a value is wrong; nothing was tried
  not_ready,    // the world is not as it must be; nothing was changed
  failed,       // the request was answered with a refusal: it did not happen
  unknown,      // the request was sent and no answer came: look before you act
  timed_out,    // a wait ended with its deadline; what was waited for had not happened when last looked at
  conflict,     // somebody else changed the object meanwhile
  interrupted,  // the operator asked to stop
  held,         // another run holds what is needed
  waiting,      // a person has to decide first
};

struct Error {
  ErrorKind kind = ErrorKind::failed;
  std::string object;    // "bouncer bouncer-2", "table ci.builds", "runbooks/x.yml:12:7"; may be empty
  std::string what;      // one sentence without a full stop: "PAUSE was refused"
  std::string expected;  // may be empty
  std::string seen;      // may be empty; never holds a secret
  std::string hint;      // what to type or change next; may be empty
  std::string code;      // SQLSTATE or HTTP status where there is one

  // "object: what (expected x, seen y)\n  hint". One line, or two with a hint; control characters are escaped.
  [[nodiscard]] std::string text() const;
};

// The name used in journals and in --json: "timed_out".
const char* name_of(ErrorKind kind);

// Escapes control characters (terminal escapes, newlines) of text that came from outside.
std::string printable(const std::string& text);

}  // namespace pgcleave

#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace pgcleave_lab {

// What went wrong, in one sentence that names the object. Ends the command with exit code 1.
struct LabError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// ctrl-C or SIGTERM arrived while something was being waited for.
struct Interrupted : LabError {
  Interrupted() : LabError("interrupted") {}
};

template <typename... Arguments>
[[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw LabError(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace pgcleave_lab

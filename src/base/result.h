// Result<T>: a value or an Error. The only file that includes tl::expected.
#pragma once

// Who drops an error says so; newer releases of the library ask for it themselves.
namespace tl {
template <class T, class E>
class [[nodiscard]] expected;
}

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace pgcleave {

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace pgcleave

#define PGCLEAVE_JOIN_(a, b) a##b
#define PGCLEAVE_JOIN(a, b) PGCLEAVE_JOIN_(a, b)
#define PGCLEAVE_TRY_(expression, result)                            \
  do {                                                               \
    auto result = (expression);                                      \
    if (!result) return ::pgcleave::fail(std::move(result.error())); \
  } while (false)
#define PGCLEAVE_TRY_ASSIGN_(declaration, expression, result)      \
  auto result = (expression);                                      \
  if (!result) return ::pgcleave::fail(std::move(result.error())); \
  declaration = std::move(*result)

// TRY(expression): leaves the function with the expression's error, if it has one.
#define TRY(expression) PGCLEAVE_TRY_(expression, PGCLEAVE_JOIN(try_, __COUNTER__))

// TRY_ASSIGN(auto x, expression): x takes the expression's value, or the function is left with its error.
#define TRY_ASSIGN(declaration, expression) \
  PGCLEAVE_TRY_ASSIGN_(declaration, expression, PGCLEAVE_JOIN(try_, __COUNTER__))

// Result<T>: a value or an Error. The only file that includes tl::expected.
#pragma once

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

// TRY(expression): leaves the function with the expression's error, if it has one.
#define TRY(expression)                                                                                         \
  do {                                                                                                          \
    if (auto try_result_ = (expression); !try_result_) return ::pgcleave::fail(std::move(try_result_.error())); \
  } while (false)

// TRY_ASSIGN(auto x, expression): x takes the expression's value, or the function is left with its error.
#define TRY_ASSIGN(declaration, expression)                                                                      \
  auto PGCLEAVE_JOIN(try_, __LINE__) = (expression);                                                             \
  if (!PGCLEAVE_JOIN(try_, __LINE__)) return ::pgcleave::fail(std::move(PGCLEAVE_JOIN(try_, __LINE__).error())); \
  declaration = std::move(*PGCLEAVE_JOIN(try_, __LINE__))

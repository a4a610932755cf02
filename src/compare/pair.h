// Two servers that are to hold the same rows, asked at once. The original is the one that clients write; the copy
// follows it, or is to be like it.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "postgres/connection.h"

namespace pgcleave::compare {

// How messages call the two: "source main", "target ci".
struct Labels {
  std::string original;
  std::string copy;
};

using Open = std::function<Result<postgres::Connection>(Deadline)>;

// A session with each, which only reads. All that makes a server write the same value as another text is set alike, and
// a policy that would hide rows is an error. Not thread-safe.
class Pair {
 public:
  static Result<Pair> open(const Open& original, const Open& copy, Deadline deadline);

  [[nodiscard]] postgres::Connection& original() { return original_; }
  [[nodiscard]] postgres::Connection& copy() { return copy_; }

  // One statement, on both at once. The second is waited for also where the first failed.
  struct Answers {
    postgres::Rows original;
    postgres::Rows copy;
  };
  Result<Answers> ask(const std::string& sql, Deadline deadline);
  Result<Answers> ask(const std::string& of_original, const std::string& of_copy, Deadline deadline);

 private:
  Pair(postgres::Connection original, postgres::Connection copy)
      : original_(std::move(original)), copy_(std::move(copy)) {}
  postgres::Connection original_;
  postgres::Connection copy_;
};

// The session is gone, a standby cancelled the statement for what it had to replay, or a lock was not to be had:
// another try may succeed, on a new pair.
bool may_succeed_later(const Error& error);

}  // namespace pgcleave::compare

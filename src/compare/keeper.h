// Keeps what a comparison has found so far (kept.h), about once a second, in a session of its own. Nothing hangs on it:
// where it can't be kept, the comparison goes on, and says that it can't be resumed. Used by several threads.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "compare/kept.h"
#include "compare/queue.h"

namespace pgcleave::compare {

class Keeper {
 public:
  explicit Keeper(const Request& request) : request_(request) {}

  // Nothing is kept unless Request::keeping says so. An error only where a comparison is to be resumed and can't be.
  Result<void> begin();
  // Of an earlier process; empty: there was none.
  [[nodiscard]] const std::vector<KeptTable>& found() const { return found_; }
  [[nodiscard]] const std::vector<postgres::TableName>& parents() const { return parents_; }  // the same
  // No value: nothing is kept.
  [[nodiscard]] std::optional<data::Lease> lease();

  // Where something is new.
  void keep(Queue& queue);
  // It is over: what was kept is removed. Or, where it is not, and `why` says so, it is kept for another process.
  void end(Queue& queue, const std::string& why);

 private:
  Result<Kept> claimed(postgres::Connection& session);
  Result<void> tell_begun();
  Result<postgres::Connection*> session();
  Result<void> keep_now(Queue& queue);
  void keep_nothing(const std::string& why);
  void say(const std::string& text) const;

  const Request& request_;
  std::mutex mutex_;
  std::optional<postgres::Connection> session_;
  std::optional<data::Lease> lease_;
  std::vector<KeptTable> found_;
  std::vector<postgres::TableName> parents_;
  std::string failed_;  // the last time, so that it is said once
};

}  // namespace pgcleave::compare

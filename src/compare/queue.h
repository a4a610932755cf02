// The blocks that are still to be compared, and what was found in the others. Used by several threads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "compare/block.h"
#include "compare/comparison.h"
#include "data/pace.h"
#include "data/walk.h"

namespace pgcleave::compare {

struct Taken {
  std::size_t number = 0;  // of its table
  const ComparedTable* table = nullptr;
  data::Walk* walk = nullptr;  // of its table, by key; it keeps no state. Null: the block is the whole table
  Block block;
  std::int64_t size = 0;  // rows that it had when it was made; 0: it is what lies behind the last key
};

struct Found {
  std::int64_t rows = 0;
  bool read_again = false;
  std::vector<Difference> differences;
  std::vector<std::string> undecided;
  bool more = false;  // some of it was left
};

class Queue {
 public:
  Queue(const Request& request, std::vector<ComparedTable> tables);

  // The next block, by the original's keys; no value: there is none, the time is over, or somebody gave up.
  Result<std::optional<Taken>> take(Pair& pair);
  void done(const Taken& taken, const Found& found, Duration took);
  void give_up(const Error& why);
  // One after the other: who opens a session may not be asked by two at once.
  Result<Pair> open_pair();
  // When all have ended. The first error of those who gave up.
  Result<std::vector<TableResult>> results();

 private:
  struct Table {
    ComparedTable compared;
    std::unique_ptr<data::Walk> walk;
    data::Pace pace;
    std::optional<std::string> cursor;
    bool all_taken = false;
    TableResult result;
  };
  void tell(const Table& table, std::size_t number);
  [[nodiscard]] bool time_is_over() const;

  const Request& request_;
  std::mutex mutex_;
  std::mutex opening_;
  std::vector<Table> tables_;
  std::size_t current_ = 0;
  std::optional<Error> error_;
  Monotonic::time_point began_ = Monotonic::now();
};

}  // namespace pgcleave::compare

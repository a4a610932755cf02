// A program of the operator's own that makes rows anew: a line with a JSON object on standard input for each row, and
// for each a line on standard output, in the same order. It stays open from batch to batch. What it writes to standard
// error is this process's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/child.h"

namespace pgcleave::data {

class RowProgram {
 public:
  // `patience`: how long it may be without a line. `stop`: not waited any longer; may be null.
  RowProgram(std::vector<std::string> argv, Duration patience, const StopFlag* stop);
  RowProgram(const RowProgram&) = delete;
  RowProgram& operator=(const RowProgram&) = delete;
  ~RowProgram();  // ends it: 500 ms at most

  struct Answer {
    std::vector<std::string> lines;
    // Why the next line did not come, and then it is ended, and started again at the next call. `timed_out`: it was
    // silent. `interrupted`. A code `rows_are_refused`: less rows may fare better.
    std::optional<Error> error;
  };
  // A line for each line. Blocks for as long as lines come.
  Answer exchange(const std::vector<std::string>& lines);
  [[nodiscard]] std::string text() const;

 private:
  Result<void> start();
  void end();
  bool write_some(const std::string& input, std::size_t& written);
  [[nodiscard]] Error failed(ErrorKind kind, const std::string& what, const std::string& seen,
                             const std::string& hint) const;
  [[nodiscard]] std::optional<Error> silent(Deadline until, std::size_t answered, std::size_t asked) const;

  std::vector<std::string> argv_;
  Duration patience_;
  const StopFlag* stop_;
  std::optional<Child> child_;
  Fd input_;
};

}  // namespace pgcleave::data

// A journal's file while it is open, and all that is done with it: by one thread at a time. Internal.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "journal/database.h"
#include "journal/journal.h"

namespace pgcleave::journal {

class Book {
 public:
  static Result<std::shared_ptr<Book>> open(const std::string& path, bool to_write, Deadline deadline);
  explicit Book(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;
  ~Book() { database_.await_file_system(); }

  // Fills in seq and hash. `timed_out`: another process held the lock, and nothing was written.
  Result<void> append(Event& event, const std::string& data, Durability durability);
  // From now on nothing is written any more.
  Error close(Error error);

  [[nodiscard]] Result<std::vector<Event>> events(const std::string& run, std::int64_t after_seq) const;
  [[nodiscard]] Result<std::vector<Event>> events_of_type(const std::string& type) const;
  [[nodiscard]] Result<void> verify_chain() const;
  [[nodiscard]] Result<std::string> head() const;

 private:
  Result<void> prepare();
  Result<void> set(Durability durability);
  Result<void> write(Event& event, const std::string& data);

  std::string path_;
  Database database_;
  bool writable_ = false;
  bool disk_ = true;  // synchronous = FULL
  std::optional<Error> closed_;
  std::optional<Statement> last_;
  std::optional<Statement> insert_;
};

}  // namespace pgcleave::journal

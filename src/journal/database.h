// SQLite behind values: errors are Results, rows are read by column number. database.cpp is the only file that includes
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pgcleave::journal {

class Statement {
 public:
  Statement& bind(int number, const std::string& value);
  Statement& bind(int number, std::int64_t value);
  Statement& bind_real(int number, double value);
  // Is there a row? After false or an error the statement is reset and can be bound and stepped again.
  Result<bool> step();
  void reset();
  // Without memory it is empty, and the next step is an error, as after bind().
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  mutable bool lacks_memory_ = false;
};

enum class Access { read, write, create };

// Errors: `timed_out` when another process held the lock all the time; `invalid` when the file is damaged, no database
// or out of reach; `failed` for the disk (full, input/output error).
class Database {
 public:
  static Result<Database> open(const std::string& path, Access access);

  [[nodiscard]] Result<Statement> prepare(const std::string& sql) const;
  [[nodiscard]] Result<void> execute(const std::string& sql) const;
  [[nodiscard]] Result<std::string> value(const std::string& sql) const;  // first column of the first row; "" when none
  // How long a call waits for a lock that another process holds.
  void wait_at_most(Duration limit);
  // Was the file renamed, replaced or removed since it was opened?
  [[nodiscard]] bool moved() const;
  // Returns when the file system takes changes: called before each use, by a thread that nobody waits for without end.
  // SQLite writes to its -shm file through a mapping, and a frozen file system would stop that in a page fault. Linux
  // keeps the address space locked meanwhile (6.18, ext4), so that no other thread could map memory or start a process.
  // What waits here locks nothing.
  void await_file_system() const;
  // On close, leave the write-ahead log as it is.
  void keep_log();
  void roll_back();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, std::string changed) : database_(database), changed_(std::move(changed)) {}
  std::unique_ptr<sqlite3, Close> database_;
  std::string changed_;  // whose times may be changed; empty: it was opened to be read
};

}  // namespace pgcleave::journal

#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab.h"

struct pg_conn;

namespace pgcleave_lab {

struct QueryError {
  std::string sqlstate;  // empty: the connection broke
  std::string severity;
  std::string message;
};

struct Answer {
  std::optional<QueryError> error;
  std::string tag;  // such as "INSERT 0 1" or "COMMIT"
  std::vector<std::vector<std::optional<std::string>>> rows;

  std::string value() const;  // of the first row and column; empty if there is none
};

// A libpq connection whose every call ends: by an answer, a broken connection, the limit, or `give_up` becoming true.
class Database {
 public:
  using Limit = std::chrono::milliseconds;
  using GiveUp = bool (*)();

  static std::string connection_text(const Lab& lab, int port, const std::string& user,
                                     const std::string& name = database_name);

  // Never throws for what the server does; look at error().
  explicit Database(const std::string& connection_text, Limit limit = std::chrono::seconds(5),
                    GiveUp give_up = nullptr);

  bool connected() const;
  const std::optional<QueryError>& error() const { return error_; }  // why it is not connected

  Answer query(const std::string& sql, Limit limit = std::chrono::seconds(10), GiveUp give_up = nullptr);
  // COPY ... FROM STDIN in two halves: the statement has begun and holds its lock in between.
  Answer begin_copy(const std::string& sql, Limit limit = std::chrono::seconds(10));
  Answer end_copy(const std::string& rows, Limit limit = std::chrono::seconds(10));
  Answer must(const std::string& sql, Limit limit = std::chrono::seconds(60));  // throws LabError

 private:
  struct Closer {
    void operator()(pg_conn* connection) const;
  };
  enum class Wait { ready, timed_out, gave_up };
  Answer broken(Answer answer, const std::string& why);
  Answer gather(Limit limit, GiveUp give_up);
  Wait wait_for(bool writing, std::chrono::steady_clock::time_point deadline, GiveUp give_up) const;

  std::unique_ptr<pg_conn, Closer> connection_;
  std::optional<QueryError> error_;
};

}  // namespace pgcleave_lab

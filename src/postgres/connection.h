// A connection to PostgreSQL, or to PgBouncer's console, which speaks the same protocol.
// Not thread-safe: one thread at a time. All calls are bounded by their deadline.
//
// Outcomes: a server that answered with an error is `failed` with its SQLSTATE in Error::code. A request that was sent
// and whose answer did not come (connection lost, deadline passed and the server did not confirm the cancel) is
// `unknown`, and the connection is closed: alive() says false, and whoever owns it opens a new one and looks.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/lsn.h"
#include "base/result.h"
#include "base/secret.h"

namespace pgcleave::postgres {

constexpr const char* undefined_table = "42P01";  // a SQLSTATE

// libpq keywords (host, port, dbname, user, passfile, sslmode, ...). Server messages are always asked for in English.
struct Settings {
  std::string name;  // how messages call this server: "main-1", "bouncer-2"
  std::map<std::string, std::string> values;
  Secret password;      // empty: libpq looks into passfile or PGPASSFILE
  Secret key_password;  // of an encrypted sslkey
  // Ask the server to cancel what runs past its deadline. Off for whatever goes through PgBouncer: a cancel request
  // undoes a global PAUSE there (1.18). Its console (dbname=pgbouncer) is never asked.
  bool cancel_on_deadline = true;
};

// A result set, read by column name: consoles differ in the order of columns between versions.
class Rows {
 public:
  Rows() = default;
  Rows(std::vector<std::string> columns, std::vector<std::vector<std::optional<std::string>>> rows, std::string tag);

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] bool has(const std::string& column) const;
  [[nodiscard]] bool is_null(std::size_t row, const std::string& column) const;
  // Empty for NULL. A column or row that isn't there is a programmer's error: aborts.
  [[nodiscard]] const std::string& text(std::size_t row, const std::string& column) const;
  [[nodiscard]] std::int64_t number(std::size_t row, const std::string& column) const;  // 0 for NULL
  [[nodiscard]] bool boolean(std::size_t row, const std::string& column) const;         // "t", "1", "true", "yes", "on"
  [[nodiscard]] Result<Lsn> lsn(std::size_t row, const std::string& column) const;      // zero for NULL
  [[nodiscard]] const std::string& command_tag() const { return tag_; }

 private:
  [[nodiscard]] const std::optional<std::string>& at(std::size_t row, const std::string& column) const;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::optional<std::string>>> rows_;
  std::string tag_;
};

using Parameters = std::vector<std::optional<std::string>>;

class Connection {
 public:
  // A stop that is requested is answered within 50 ms, as `timed_out`: a bouncer that is paused may hold up a login.
  static Result<Connection> open(const Settings& settings, Deadline deadline, const StopFlag* stop = nullptr);
  // All at once, each result at its settings' index.
  static std::vector<Result<Connection>> open_all(const std::vector<Settings>& settings, Deadline deadline,
                                                  const StopFlag* stop = nullptr);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // One statement, extended protocol, $1... parameters as text.
  Result<Rows> query(const std::string& sql, const Parameters& parameters, Deadline deadline);
  // Simple protocol: several statements are one transaction; the last result set that has rows (or the last one) is
  // returned. A failed request that itself said BEGIN is rolled back: it never leaves the session inside a failed
  // transaction.
  Result<Rows> simple(const std::string& sql, Deadline deadline);

  // The two halves of simple(), for fan-out: send to all, then receive from all. One request at a time per connection.
  Result<void> send(const std::string& sql);
  Result<Rows> receive(Deadline deadline);
  // Reads what has come without blocking: true once receive() would not wait.
  Result<bool> answered();
  // The same, waiting until the deadline at most; unlike receive() it leaves a request that is late under way.
  Result<bool> answered_by(Deadline deadline);
  [[nodiscard]] bool busy() const;  // sent and not yet received

  [[nodiscard]] bool alive() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::string address() const;  // "127.0.0.1:5432"
  // server_version_num as the server said at login, 150018; 0 once the connection is closed.
  [[nodiscard]] int server_version() const;
  // Closes at once, also with a request under way: the way out of a console that will never answer.
  void close();

  // The server's notices of the last request, for messages; control characters still inside.
  [[nodiscard]] const std::vector<std::string>& notices() const;

 private:
  struct State;  // connection_state.h
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

std::string quote_identifier(const std::string& name);  // always quoted, " doubled
std::string quote_literal(const std::string& text);     // '...' with ' doubled; E'' form when it holds a backslash
std::string array_literal(
    const std::vector<std::string>& elements);  // {"a","b"}, for a parameter cast to an array type

// For a statement that holds a password: it must get neither into the server's log nor into pg_stat_statements.

inline constexpr const char* begin_unlogged =
    "BEGIN; SET LOCAL log_statement TO none; SET LOCAL log_min_duration_statement TO -1; SET LOCAL "
    "log_min_duration_sample TO -1; "
    "SET LOCAL log_transaction_sample_rate TO 0; SET LOCAL log_min_error_statement TO panic; "
    "SET LOCAL pg_stat_statements.track TO none";

// SQLSTATEs by which more than one place decides, by the names of their conditions (PostgreSQL's appendix A).

inline constexpr const char* cannot_connect_now = "57P03";  // starts, recovers or shuts down

inline constexpr const char* invalid_schema_name = "3F000";
inline constexpr const char* insufficient_privilege = "42501";

}  // namespace pgcleave::postgres

// What a connection consists of. The only file that includes libpq; login.cpp and connection.cpp work on it.
#pragma once

#include <libpq-fe.h>
#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lines.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

// poll(2) knows only milliseconds, and a window is made of fewer than that.
int wait_for(std::vector<pollfd>& sockets, Deadline deadline);
std::string trimmed(std::string text);
std::string field(const PGresult* result, int code);  // "" when the server did not send it

struct Connection::State {
  enum class Login { polling, setting, done, failed };
  struct Answer {
    Rows rows;
    bool has_rows = false;
    std::optional<Error> error;
    bool complete = false;
    bool unusable = false;  // the protocol can't go on from here
  };

  std::string name;
  PGconn* pg = nullptr;
  bool console = false;
  bool may_cancel = true;
  bool busy = false;
  bool began_idle = true;  // the request under way was sent outside a transaction
  Answer answer;
  std::vector<std::string> notices;
  Login login = Login::polling;
  short login_waits_for = POLLOUT;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { close(); }

  void close() {
    if (pg != nullptr) PQfinish(pg);
    pg = nullptr;
    busy = false;
  }

  [[nodiscard]] Error error(ErrorKind kind, std::string what, std::string seen = "", std::string code = "") const {
    Error out;
    out.kind = kind;
    out.object = name;
    out.what = std::move(what);
    out.seen = std::move(seen);
    out.code = std::move(code);
    return out;
  }

  // In one line; whole_reason() is as libpq gives it.
  [[nodiscard]] std::string reason() const { return one_line(whole_reason()); }
  [[nodiscard]] std::string whole_reason() const {
    std::string text = pg == nullptr ? "" : trimmed(PQerrorMessage(pg));
    return text.empty() && !notices.empty() ? notices.back() : text;
  }

  void start_login(const Settings& settings);
  void advance_login();
  [[nodiscard]] Error login_error(bool late) const;

  Result<void> sendable();
  Result<void> sent(int accepted);
  bool advance();
  void take(PGresult* result);
  [[nodiscard]] bool wait(Deadline deadline) const;
  void cancel() const;
  Result<Rows> finish(std::optional<ErrorKind> cancelled);
  void roll_back();
  Error lost();
};

}  // namespace pgcleave::postgres

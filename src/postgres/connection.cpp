#include "postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <thread>
#include <utility>

#include "base/format.h"

namespace pgcleave::postgres {
namespace {

constexpr auto cancel_grace = std::chrono::milliseconds(200);
constexpr std::size_t notices_limit = 200;

// poll(2) knows only milliseconds, and a window is made of fewer than that.
int wait_for(std::vector<pollfd>& sockets, Deadline deadline) {
  const auto left = deadline.left().count();
  const timespec timeout{left / 1'000'000, (left % 1'000'000) * 1000};
  return ::ppoll(sockets.data(), sockets.size(), &timeout, nullptr);
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

// libpq gives the SQLSTATE of a refused login only inside its verbose text: "FATAL:  28P01: password ...\nLOCATION:  ...".
// Takes both out of the text.
std::string take_sqlstate(std::string& text) {
  if (const auto location = text.find("\nLOCATION:"); location != std::string::npos) text.erase(location);
  for (auto at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 1)) {
    const auto code = text.substr(at + 3, 5);
    if (code.size() < 5 || code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) continue;
    if (text.compare(at + 8, 2, ": ") != 0) continue;
    text.erase(at + 3, 7);
    return code;
  }
  return "";
}

Rows rows_of(const PGresult* result) {
  std::vector<std::string> columns;
  for (int column = 0; column < PQnfields(result); ++column) columns.emplace_back(PQfname(result, column));
  std::vector<std::vector<std::optional<std::string>>> rows(static_cast<std::size_t>(PQntuples(result)));
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      auto& cells = rows[static_cast<std::size_t>(row)];
      if (PQgetisnull(result, row, column) != 0) {
        cells.emplace_back(std::nullopt);
      } else {
        cells.emplace_back(std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))));
      }
    }
  }
  return {std::move(columns), std::move(rows), PQcmdStatus(const_cast<PGresult*>(result))};
}

}  // namespace

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

  [[nodiscard]] std::string reason() const {
    std::string text = pg == nullptr ? "" : trimmed(PQerrorMessage(pg));
    return text.empty() && !notices.empty() ? notices.back() : text;
  }

  void start_login(const Settings& settings);
  void advance_login();
  Error login_error(bool late);

  Result<void> sendable();
  Result<void> sent(int accepted);
  bool advance();
  void take(PGresult* result);
  bool wait(Deadline deadline) const;
  void cancel() const;
  Result<Rows> finish(bool cancelled);
  void roll_back();
  Error lost();
};

namespace {

void collect_notice(void* to, const PGresult* notice) {
  auto& notices = *static_cast<std::vector<std::string>*>(to);
  if (notices.size() < notices_limit) notices.push_back(field(notice, PG_DIAG_MESSAGE_PRIMARY));
}

}  // namespace

// ---- login

void Connection::State::start_login(const Settings& settings) {
  name = settings.name;
  // No `options`: PgBouncer refuses a login that brings any (1.18). An empty value would not keep out PGOPTIONS either (libpq 15).
  std::map<std::string, std::string> values = {{"application_name", "pgcleave"}, {"client_encoding", "UTF8"}};
  for (const auto& [keyword, value] : settings.values) values[keyword] = value;
  if (!settings.password.empty()) values["password"] = settings.password.reveal();
  console = values.contains("dbname") && values["dbname"] == "pgbouncer";
  may_cancel = settings.cancel_on_deadline && !console;

  std::vector<const char*> keywords;
  std::vector<const char*> texts;
  for (const auto& [keyword, value] : values) {
    keywords.push_back(keyword.c_str());
    texts.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  texts.push_back(nullptr);
  pg = PQconnectStartParams(keywords.data(), texts.data(), 0);
  if (pg == nullptr || PQstatus(pg) == CONNECTION_BAD) {
    login = Login::failed;
    return;
  }
  PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(pg, collect_notice, &notices);
}

// lc_messages may be set by superusers only, and a session of PgBouncer's must not leave settings behind in a pool; a pool's
// user is no superuser.
void Connection::State::advance_login() {
  if (login == Login::setting) {
    if (!advance()) return;
    busy = false;
    login = PQstatus(pg) == CONNECTION_OK ? Login::done : Login::failed;
    return;
  }
  switch (PQconnectPoll(pg)) {
    case PGRES_POLLING_READING: login_waits_for = POLLIN; return;
    case PGRES_POLLING_WRITING: login_waits_for = POLLOUT; return;
    case PGRES_POLLING_OK: break;
    default: login = Login::failed; return;
  }
  PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
  PQsetnonblocking(pg, 1);
  const char* superuser = PQparameterStatus(pg, "is_superuser");
  if (console || superuser == nullptr || std::string(superuser) != "on") {
    login = Login::done;
    return;
  }
  login = sent(PQsendQuery(pg, "SET lc_messages TO 'C'")) ? Login::setting : Login::failed;
  login_waits_for = POLLIN;
}

Error Connection::State::login_error(bool late) {
  std::string seen = pg == nullptr ? "out of memory" : reason();
  const std::string code = take_sqlstate(seen);
  if (!late) return error(ErrorKind::failed, "could not connect", seen, code);
  return error(ErrorKind::timed_out, "could not connect in time", seen.empty() ? "no answer" : seen, code);
}

std::vector<Result<Connection>> Connection::open_all(const std::vector<Settings>& settings, Deadline deadline) {
  std::vector<std::unique_ptr<State>> states;
  for (const auto& one : settings) {
    states.push_back(std::make_unique<State>());
    states.back()->start_login(one);
  }
  while (true) {
    std::vector<pollfd> sockets;
    std::vector<State*> waiting;
    for (const auto& state : states) {
      if (state->login != State::Login::polling && state->login != State::Login::setting) continue;
      sockets.push_back({PQsocket(state->pg), state->login_waits_for, 0});
      waiting.push_back(state.get());
    }
    if (waiting.empty() || deadline.passed()) break;
    if (wait_for(sockets, deadline) <= 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (sockets[i].revents != 0) waiting[i]->advance_login();
    }
  }
  std::vector<Result<Connection>> connections;
  for (auto& state : states) {
    if (state->login == State::Login::done) {
      state->notices.clear();
      connections.emplace_back(Connection(std::move(state)));
    } else {
      connections.emplace_back(fail(state->login_error(state->login != State::Login::failed)));
    }
  }
  return connections;
}

Result<Connection> Connection::open(const Settings& settings, Deadline deadline) {
  return std::move(open_all({settings}, deadline).front());
}

// ---- requests

// A connection that the server ended while it was idle shows it here, before anything is sent: `failed`, not `unknown`.
Result<void> Connection::State::sendable() {
  if (pg == nullptr) return fail(error(ErrorKind::failed, "the connection is closed"));
  if (busy) return fail(error(ErrorKind::invalid, "a request is under way on this connection"));
  notices.clear();
  for (int looks = 0; looks < 3; ++looks) {
    std::vector<pollfd> socket{{PQsocket(pg), POLLIN, 0}};
    if (wait_for(socket, Deadline::in(Duration::zero())) == 0) break;
    PQconsumeInput(pg);
    PQisBusy(pg);
  }
  began_idle = PQtransactionStatus(pg) == PQTRANS_IDLE;
  if (PQstatus(pg) == CONNECTION_OK) return {};
  const auto dead =
      error(ErrorKind::failed, "the connection was lost before the request was sent", notices.empty() ? reason() : notices.back());
  close();
  return fail(dead);
}

Result<void> Connection::State::sent(int accepted) {
  if (accepted == 0) {
    const auto refused = error(ErrorKind::failed, "the request could not be sent", reason());
    close();
    return fail(refused);
  }
  busy = true;
  answer = {};
  PQflush(pg);
  return {};
}

void Connection::State::take(PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
      answer.rows = rows_of(result);
      answer.has_rows = true;
      break;
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      if (!answer.has_rows) answer.rows = rows_of(result);
      break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      answer.error = error(ErrorKind::failed, "COPY from or to the client is not supported here");
      answer.complete = answer.unusable = true;
      break;
    default:
      if (answer.error) break;
      answer.error = error(ErrorKind::failed, field(result, PG_DIAG_MESSAGE_PRIMARY), field(result, PG_DIAG_MESSAGE_DETAIL),
                           field(result, PG_DIAG_SQLSTATE));
      answer.error->hint = field(result, PG_DIAG_MESSAGE_HINT);
      if (answer.error->what.empty()) answer.error->what = trimmed(PQresultErrorMessage(result));
  }
  PQclear(result);
}

// Does what can be done without waiting. True when the answer is complete or the connection is lost.
bool Connection::State::advance() {
  if (answer.complete) return true;
  PQflush(pg);
  std::vector<pollfd> socket{{PQsocket(pg), POLLIN, 0}};
  if (wait_for(socket, Deadline::in(Duration::zero())) > 0) PQconsumeInput(pg);
  while (PQisBusy(pg) == 0) {
    PGresult* result = PQgetResult(pg);
    if (result == nullptr) return answer.complete = true;
    take(result);
    if (answer.complete) return true;
  }
  return PQstatus(pg) != CONNECTION_OK;
}

bool Connection::State::wait(Deadline deadline) const {
  const short events = PQflush(pg) == 1 ? POLLIN | POLLOUT : POLLIN;
  std::vector<pollfd> socket{{PQsocket(pg), events, 0}};
  while (true) {
    const int ready = wait_for(socket, deadline);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR || deadline.passed()) return false;
  }
}

// PQcancel (libpq 15) blocks without a limit when the server's host is silent: it gets a thread of its own, which nobody waits for.
void Connection::State::cancel() const {
  PGcancel* request = PQgetCancel(pg);
  if (request == nullptr) return;
  std::thread([request] {
    std::array<char, 256> ignored{};
    PQcancel(request, ignored.data(), static_cast<int>(ignored.size()));
    PQfreeCancel(request);
  }).detach();
}

Error Connection::State::lost() {
  auto out = error(ErrorKind::unknown, "the connection was lost before the answer came", answer.error ? answer.error->what : reason());
  if (answer.error) out.code = answer.error->code;
  out.hint = "the request may have been carried out: look before repeating it";
  close();
  return out;
}

void Connection::State::roll_back() {
  const auto first = std::exchange(answer, {});
  const auto grace = Deadline::in(cancel_grace);
  bool done = false;
  if (sent(PQsendQuery(pg, "ROLLBACK"))) {
    while (!(done = advance()) && wait(grace)) continue;
  }
  if (!done) close();
  busy = false;
  answer = first;
}

Result<Rows> Connection::State::finish(bool cancelled) {
  busy = false;
  // An answer that ends with the session says nothing about what became of the request.
  if (PQstatus(pg) != CONNECTION_OK) return fail(lost());
  if (!answer.error) return std::move(answer.rows);
  if (answer.unusable) {
    close();
  } else if (began_idle && PQtransactionStatus(pg) == PQTRANS_INERROR) {
    roll_back();
  }
  if (cancelled && answer.error->code == "57014") {
    answer.error->kind = ErrorKind::timed_out;
    answer.error->what = "the request ran past its deadline and was cancelled";
  }
  return fail(std::move(*answer.error));
}

// ---- the public face

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Rows> Connection::query(const std::string& sql, const Parameters& parameters, Deadline deadline) {
  TRY(state_->sendable());
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  TRY(state_->sent(
      PQsendQueryParams(state_->pg, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0)));
  return receive(deadline);
}

Result<Rows> Connection::simple(const std::string& sql, Deadline deadline) {
  TRY(send(sql));
  return receive(deadline);
}

Result<void> Connection::send(const std::string& sql) {
  TRY(state_->sendable());
  return state_->sent(PQsendQuery(state_->pg, sql.c_str()));
}

Result<Rows> Connection::receive(Deadline deadline) {
  if (!state_->busy) return fail(state_->error(ErrorKind::invalid, "no request is under way on this connection"));
  while (!state_->advance()) {
    if (state_->wait(deadline)) continue;
    if (state_->may_cancel) {
      state_->cancel();
      const auto grace = Deadline::in(cancel_grace);
      while (!state_->advance()) {
        if (!state_->wait(grace)) break;
      }
      if (state_->advance()) return state_->finish(true);
    }
    auto late =
        state_->error(ErrorKind::unknown, "no answer came before the deadline", state_->may_cancel ? "the cancel had no effect" : "");
    late.hint = "the request may still be carried out: look before repeating it";
    state_->close();
    return fail(late);
  }
  return state_->finish(false);
}

Result<bool> Connection::answered() {
  if (!state_->busy) return fail(state_->error(ErrorKind::invalid, "no request is under way on this connection"));
  return state_->advance();
}

bool Connection::busy() const {
  return state_->busy;
}

bool Connection::alive() const {
  return state_->pg != nullptr && PQstatus(state_->pg) == CONNECTION_OK;
}

const std::string& Connection::name() const {
  return state_->name;
}

std::string Connection::address() const {
  if (state_->pg == nullptr) return "";
  std::string host = PQhostaddr(state_->pg);
  if (host.empty()) host = PQhost(state_->pg);
  return fmt::format(fmt::runtime(host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), host, PQport(state_->pg));
}

void Connection::close() {
  state_->close();
}

const std::vector<std::string>& Connection::notices() const {
  return state_->notices;
}

}  // namespace pgcleave::postgres

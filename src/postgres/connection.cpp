#include "postgres/connection.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <thread>
#include <utility>

#include "base/address.h"
#include "base/deadline.h"
#include "base/lines.h"
#include "postgres/connection_state.h"

namespace pgcleave::postgres {
namespace {

constexpr auto cancel_grace = std::chrono::milliseconds(200);

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
        cells.emplace_back(
            std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))));
      }
    }
  }
  return {std::move(columns), std::move(rows), PQcmdStatus(const_cast<PGresult*>(result))};
}

}  // namespace

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
  const auto dead = error(ErrorKind::failed, "the connection was lost before the request was sent",
                          notices.empty() ? reason() : notices.back());
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
      answer.error = error(ErrorKind::failed, field(result, PG_DIAG_MESSAGE_PRIMARY),
                           field(result, PG_DIAG_MESSAGE_DETAIL), field(result, PG_DIAG_SQLSTATE));
      answer.error->hint = field(result, PG_DIAG_MESSAGE_HINT);
      if (answer.error->what.empty()) answer.error->what = one_line(trimmed(PQresultErrorMessage(result)));
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

// False: the deadline has passed, or a stop is heeded.
bool Connection::State::wait(Deadline deadline) const {
  const short events = PQflush(pg) == 1 ? POLLIN | POLLOUT : POLLIN;
  std::vector<pollfd> socket{{PQsocket(pg), events, 0}};
  while (true) {
    const int ready = wait_for(socket, HeededStop::next_look(deadline));
    if (ready > 0) return true;
    if ((ready < 0 && errno != EINTR) || deadline.passed() || HeededStop::requested()) return false;
  }
}

// PQcancel (libpq 15) blocks without a limit when the server's host is silent: it gets a thread of its own, which
// nobody waits for.
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
  auto out = error(ErrorKind::unknown, "the connection was lost before the answer came",
                   answer.error ? answer.error->what : reason());
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

// `cancelled`: why, timed_out or interrupted.
Result<Rows> Connection::State::finish(std::optional<ErrorKind> cancelled) {
  busy = false;
  // An answer that ends with the session says nothing about what became of the request.
  if (PQstatus(pg) != CONNECTION_OK) return fail(lost());
  // A cancel that came too late to stop this request would stop the next one: nothing more is asked here.
  const bool cancel_under_way = cancelled && !(answer.error && answer.error->code == "57014");
  if (cancel_under_way) close();
  if (!answer.error) return std::move(answer.rows);
  if (pg == nullptr) return fail(std::move(*answer.error));
  if (answer.unusable) {
    close();
  } else if (began_idle && PQtransactionStatus(pg) == PQTRANS_INERROR) {
    roll_back();
  }
  if (cancelled && answer.error->code == "57014") {
    answer.error->kind = *cancelled;
    answer.error->what = *cancelled == ErrorKind::interrupted ? "the request was cancelled, since a stop was requested"
                                                              : "the request ran past its deadline and was cancelled";
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
  TRY(state_->sent(PQsendQueryParams(state_->pg, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                     nullptr, nullptr, 0)));
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
    const auto why = HeededStop::requested() ? ErrorKind::interrupted : ErrorKind::timed_out;
    const HeededStop none(nullptr);  // the cancel gets its time
    if (state_->may_cancel) {
      state_->cancel();
      const auto grace = Deadline::in(cancel_grace);
      while (!state_->advance()) {
        if (!state_->wait(grace)) break;
      }
      if (state_->advance()) return state_->finish(why);
    }
    auto late = state_->error(ErrorKind::unknown,
                              why == ErrorKind::interrupted ? "a stop was requested before the answer came"
                                                            : "no answer came before the deadline",
                              state_->may_cancel ? "the cancel had no effect" : "");
    late.hint = "the request may still be carried out: look before repeating it";
    state_->close();
    return fail(late);
  }
  return state_->finish({});
}

Result<bool> Connection::answered() {
  if (!state_->busy) return fail(state_->error(ErrorKind::invalid, "no request is under way on this connection"));
  return state_->advance();
}

Result<bool> Connection::answered_by(Deadline deadline) {
  TRY_ASSIGN(bool complete, answered());
  while (!complete && state_->wait(deadline)) complete = state_->advance();
  return complete;
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

int Connection::server_version() const {
  return state_->pg == nullptr ? 0 : PQserverVersion(state_->pg);
}

std::string Connection::address() const {
  if (state_->pg == nullptr) return "";
  std::string host = PQhostaddr(state_->pg);
  if (host.empty()) host = PQhost(state_->pg);
  return address_text(host, PQport(state_->pg));
}

void Connection::close() {
  state_->close();
}

const std::vector<std::string>& Connection::notices() const {
  return state_->notices;
}

}  // namespace pgcleave::postgres

#include "database.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>

#include "error.h"

namespace pgcleave_lab {
namespace {

using Clock = std::chrono::steady_clock;

std::string tidy(const char* text) {
  std::string out = text ? text : "";
  while (!out.empty() && out.back() == '\n') out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

void take_rows(const PGresult* result, Answer& answer) {
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& values = answer.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column)
      values.push_back(PQgetisnull(result, row, column) ? std::optional<std::string>()
                                                        : PQgetvalue(result, row, column));
  }
}

}  // namespace

std::string Answer::value() const {
  return rows.empty() || rows.front().empty() ? "" : rows.front().front().value_or("");
}

void Database::Closer::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

std::string Database::connection_text(const Lab& lab, int port, const std::string& user, const std::string& name) {
  return fmt::format(
      "host=127.0.0.1 port={} user={} dbname={} passfile='{}' sslmode=disable gssencmode=disable "
      "application_name=pgcleave-lab",
      port, user, name, lab.passfile().string());
}

Database::Database(const std::string& connection_text, Limit limit, GiveUp give_up)
    : connection_(PQconnectStart(connection_text.c_str())) {
  const auto deadline = Clock::now() + limit;
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  auto state = PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    if (wait_for(state == PGRES_POLLING_WRITING, deadline, give_up) != Wait::ready) {
      error_ = {"", "", "no connection within the time limit"};
      connection_.reset();
      return;
    }
    state = PQconnectPoll(connection_.get());
  }
  if (state != PGRES_POLLING_OK) {
    error_ = {"", "FATAL", tidy(PQerrorMessage(connection_.get()))};
    connection_.reset();
  }
}

bool Database::connected() const {
  return connection_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

Database::Wait Database::wait_for(bool writing, Clock::time_point deadline, GiveUp give_up) const {
  using std::chrono::milliseconds;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Wait::timed_out;
    pollfd poll{PQsocket(connection_.get()), static_cast<short>(writing ? POLLOUT : POLLIN), 0};
    const int slice = static_cast<int>(std::min<long long>(left, give_up ? 500 : 60000));
    if (::poll(&poll, 1, slice) > 0) return Wait::ready;
    if (give_up && give_up()) return Wait::gave_up;
  }
}

Answer Database::broken(Answer answer, const std::string& why) {
  if (!answer.error) answer.error = {"", "", why};
  connection_.reset();
  return answer;
}

Answer Database::gather(Limit limit, GiveUp give_up) {
  const auto deadline = Clock::now() + limit;
  Answer answer;
  for (;;) {
    while (PQisBusy(connection_.get())) {
      const Wait waited = wait_for(false, deadline, give_up);
      if (waited == Wait::timed_out) return broken(answer, fmt::format("no answer within {} ms", limit.count()));
      if (waited == Wait::gave_up) return broken(answer, "no answer when the load ended");
      if (!PQconsumeInput(connection_.get())) break;  // PQgetResult tells the error
    }
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(connection_.get()), &PQclear);
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COPY_IN) return answer;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      answer.tag = PQcmdStatus(result.get());
      take_rows(result.get(), answer);
    } else if (!answer.error) {
      answer.error = {field(result.get(), PG_DIAG_SQLSTATE), field(result.get(), PG_DIAG_SEVERITY),
                      tidy(PQresultErrorMessage(result.get()))};
    }
  }
  if (!connected()) return broken(answer, "the connection broke");
  return answer;
}

Answer Database::query(const std::string& sql, Limit limit, GiveUp give_up) {
  if (!connected()) return broken({}, "not connected");
  if (!PQsendQuery(connection_.get(), sql.c_str())) return broken({}, tidy(PQerrorMessage(connection_.get())));
  return gather(limit, give_up);
}

Answer Database::begin_copy(const std::string& sql, Limit limit) {
  return query(sql, limit);
}

Answer Database::end_copy(const std::string& rows, Limit limit) {
  if (!connected()) return broken({}, "not connected");
  if (PQputCopyData(connection_.get(), rows.data(), static_cast<int>(rows.size())) != 1 ||
      PQputCopyEnd(connection_.get(), nullptr) != 1)
    return broken({}, tidy(PQerrorMessage(connection_.get())));
  return gather(limit, nullptr);
}

Answer Database::must(const std::string& sql, Limit limit) {
  if (error_) fail("cannot connect: {}", error_->message);
  Answer answer = query(sql, limit);
  if (answer.error) fail("{}; it was: {}", answer.error->message, sql.substr(0, 300));
  return answer;
}

}  // namespace pgcleave_lab

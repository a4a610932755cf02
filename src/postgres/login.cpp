// Logging in, to one server or to many at once.
#include "base/deadline.h"
#include "base/format.h"
#include "postgres/connection_state.h"

namespace pgcleave::postgres {
namespace {

constexpr std::size_t notices_limit = 200;

// libpq gives the SQLSTATE of a refused login only inside its verbose text: "FATAL:  28P01: password ...\nLOCATION:
// ...". Takes both out of the text.
std::string take_sqlstate(std::string& text) {
  if (const auto location = text.find("\nLOCATION:"); location != std::string::npos) text.erase(location);
  for (auto at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 1)) {
    const auto code = text.substr(at + 3, 5);
    if (code.size() < 5 || code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos)
      continue;
    if (text.compare(at + 8, 2, ": ") != 0) continue;
    text.erase(at + 3, 7);
    return code;
  }
  return "";
}

void collect_notice(void* to, const PGresult* notice) {
  auto& notices = *static_cast<std::vector<std::string>*>(to);
  if (notices.size() < notices_limit) notices.push_back(field(notice, PG_DIAG_MESSAGE_PRIMARY));
}

}  // namespace

void Connection::State::start_login(const Settings& settings) {
  name = settings.name;
  // No `options`: PgBouncer refuses a login that brings any (1.18). An empty value would not keep out PGOPTIONS either
  // (libpq 15).
  std::map<std::string, std::string> values = {{"application_name", "pgcleave"}, {"client_encoding", "UTF8"}};
  for (const auto& [keyword, value] : settings.values) values[keyword] = value;
  if (!settings.password.empty()) values["password"] = settings.password.reveal();
  if (!settings.key_password.empty()) values["sslpassword"] = settings.key_password.reveal();
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

// lc_messages may be set by superusers, and from PostgreSQL 15 on by those that were granted it. A session of
// PgBouncer's must not leave settings behind in a pool: its user is no superuser, and `cancel_on_deadline` is off.
constexpr const char* as_superuser = "SET lc_messages TO 'C'";
constexpr const char* as_granted =
    "SELECT pg_catalog.set_config('lc_messages', 'C', false) WHERE pg_catalog.has_parameter_privilege('lc_messages', "
    "'SET')";
constexpr int granted_since = 150000;

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
  const bool is_superuser = superuser != nullptr && std::string(superuser) == "on";
  const bool may_be_granted = may_cancel && PQserverVersion(pg) >= granted_since;
  if (console || (!is_superuser && !may_be_granted)) {
    login = Login::done;
    return;
  }
  login = sent(PQsendQuery(pg, is_superuser ? as_superuser : as_granted)) ? Login::setting : Login::failed;
  login_waits_for = POLLIN;
}

Error Connection::State::login_error(bool late) const {
  std::string seen = pg == nullptr ? "out of memory" : whole_reason();
  const std::string code = take_sqlstate(seen);
  seen = one_line(seen);
  if (!late) return error(ErrorKind::failed, "could not connect", seen, code);
  return error(ErrorKind::timed_out, "could not connect in time", seen.empty() ? "no answer" : seen, code);
}

std::vector<Result<Connection>> Connection::open_all(const std::vector<Settings>& settings, Deadline deadline,
                                                     const StopFlag* stop) {
  const HeededStop heeded(stop == nullptr ? HeededStop::current() : stop);
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
    if (waiting.empty() || deadline.passed() || HeededStop::requested()) break;
    if (wait_for(sockets, HeededStop::next_look(deadline)) <= 0) continue;
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

Result<Connection> Connection::open(const Settings& settings, Deadline deadline, const StopFlag* stop) {
  return std::move(open_all({settings}, deadline, stop).front());
}

}  // namespace pgcleave::postgres

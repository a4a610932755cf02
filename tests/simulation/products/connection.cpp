// postgres::Connection over the model: to a server, to a bouncer's console, or through a bouncer to the server behind
// it.
#include "base/format.h"
#include "products/console.h"
#include "products/statements.h"
#include "products/wire.h"

namespace pgcleave::postgres {

using simulation::universe;

namespace {

constexpr Duration look = std::chrono::microseconds(50);

simulation::Bouncer* bouncer_at(int port) {
  for (auto& bouncer : universe().bouncers) {
    if (bouncer.port == port) return &bouncer;
  }
  return nullptr;
}

bool leads_to_server(int port) {
  const auto* server = universe().server_at(port);
  return server != nullptr && server->up;
}

std::string value_of(const Settings& settings, const char* key) {
  const auto found = settings.values.find(key);
  return found == settings.values.end() ? "" : found->second;
}

}  // namespace

struct Connection::State {
  Settings settings;
  int port = 0;
  int incarnation = 0;  // of what it leads to
  bool alive = true;
  bool console = false;
  std::optional<std::string> asked;    // sent, and not received
  std::optional<Result<Rows>> answer;  // to it
  std::vector<std::string> notices;

  [[nodiscard]] int incarnation_there() const {
    if (const auto* bouncer = bouncer_at(port); bouncer != nullptr) return bouncer->incarnation;
    const auto* server = universe().server_at(port);
    return server == nullptr || !server->up ? 0 : server->incarnation;
  }
  Result<void> usable() {
    if (!alive) return fail(simulation::refusal(settings.name, "the connection is closed"));
    if (incarnation_there() == incarnation) return {};
    alive = false;
    return fail(simulation::refusal(settings.name, "the connection was lost before the request was sent"));
  }
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() {
  if (state_ != nullptr) close();
}

Result<Connection> Connection::open(const Settings& settings, Deadline deadline, const StopFlag*) {
  universe().advance(std::chrono::milliseconds(1));
  auto state = std::make_unique<State>();
  state->settings = settings;
  state->port = std::atoi(value_of(settings, "port").c_str());
  state->console = value_of(settings, "dbname") == "pgbouncer";
  state->incarnation = state->incarnation_there();
  if (state->incarnation == 0) return fail(simulation::refusal(settings.name, "connection refused"));
  if (auto* bouncer = bouncer_at(state->port); bouncer != nullptr && !state->console) {
    const bool second = value_of(settings, "dbname") == simulation::second_entry;
    if (second && !bouncer->second) return fail(simulation::refusal(settings.name, "no such database", "3D000"));
    if (second && !leads_to_server(bouncer->second->port))
      return fail(simulation::refusal(settings.name, "server login failed", "08P01"));
    // A pool that is paused holds up a login.
    if (bouncer->paused && !second) {
      universe().advance(deadline.left());
      return fail({ErrorKind::timed_out, settings.name, "could not log in", "", "", "", ""});
    }
  }
  if (state->console) simulation::client_came(*bouncer_at(state->port), value_of(settings, "application_name"));
  return Connection(std::move(state));
}

std::vector<Result<Connection>> Connection::open_all(const std::vector<Settings>& settings, Deadline deadline,
                                                     const StopFlag* stop) {
  std::vector<Result<Connection>> all;
  for (const auto& one : settings) all.push_back(open(one, deadline, stop));
  return all;
}

Result<void> Connection::send(const std::string& sql) {
  TRY(state_->usable());
  if (state_->asked) return fail(simulation::refusal(name(), "a request is under way on this connection"));
  state_->asked = sql;
  return {};
}

// A console answers when it can: PAUSE when no transaction is under way.
Result<bool> Connection::answered() {
  if (!state_->asked) return false;
  if (state_->answer) return true;
  if (const auto usable = state_->usable(); !usable) {
    state_->answer = fail(usable.error());
    return true;
  }
  universe().advance(look);
  auto* bouncer = bouncer_at(state_->port);
  auto answer = simulation::console_answer(*bouncer, name(), *state_->asked, [this] { close(); });
  if (answer) state_->answer = std::move(*answer);
  return state_->answer.has_value();
}

Result<bool> Connection::answered_by(Deadline deadline) {
  while (true) {
    TRY_ASSIGN(const bool there, answered());
    if (there || deadline.passed()) return there;
    universe().advance(std::chrono::milliseconds(1));
  }
}

Result<Rows> Connection::receive(Deadline deadline) {
  TRY_ASSIGN(const bool there, answered_by(deadline));
  if (!there) {
    close();
    return fail(simulation::no_answer(name(), state_->asked.value_or("")));
  }
  auto answer = std::move(*state_->answer);
  state_->answer.reset();
  state_->asked.reset();
  return answer;
}

Result<Rows> Connection::simple(const std::string& sql, Deadline deadline) {
  if (!state_->console) return query(sql, {}, deadline);
  TRY(send(sql));
  return receive(deadline);
}

Result<Rows> Connection::query(const std::string& sql, const Parameters& parameters, Deadline) {
  TRY(state_->usable());
  universe().advance(look);
  TRY(state_->usable());
  auto* server = universe().server_at(state_->port);
  if (auto* bouncer = bouncer_at(state_->port); bouncer != nullptr) {
    const bool second = value_of(state_->settings, "dbname") == simulation::second_entry;
    if (second && !bouncer->second) return fail(simulation::refusal(name(), "the entry is gone"));
    server = universe().server_at(second ? bouncer->second->port : bouncer->route.port);
  }
  if (server == nullptr) return fail(simulation::refusal(name(), "nobody is there"));
  return simulation::answer_of(*server, name(), sql, parameters);
}

bool Connection::busy() const {
  return state_->asked.has_value();
}

bool Connection::alive() const {
  return state_->alive;
}

const std::string& Connection::name() const {
  return state_->settings.name;
}

int Connection::server_version() const {
  return state_->alive ? 150018 : 0;
}

std::string Connection::address() const {
  return fmt::format("127.0.0.1:{}", state_->port);
}

void Connection::close() {
  if (state_->alive && state_->console) {
    if (auto* bouncer = bouncer_at(state_->port); bouncer != nullptr && bouncer->incarnation == state_->incarnation)
      simulation::client_left(*bouncer, value_of(state_->settings, "application_name"));
  }
  state_->alive = false;
}

const std::vector<std::string>& Connection::notices() const {
  return state_->notices;
}

}  // namespace pgcleave::postgres

#include "products/wire.h"

#include <utility>

namespace pgcleave::simulation {
namespace {

constexpr Instant delay = 250'000;
constexpr Duration round_trip = std::chrono::microseconds(200);

// Was it the server that had to answer?
bool fail_over(Outcome outcome, const std::string& object) {
  if (outcome != Outcome::source_fails_over && outcome != Outcome::target_fails_over) return false;
  const auto side = outcome == Outcome::source_fails_over ? fence::Owner::source : fence::Owner::target;
  universe().fail_over(side);
  return object.starts_with(universe().server(side).scope);
}

int port_of(const postgres::Connection& connection) {
  const auto address = connection.address();
  return std::stoi(address.substr(address.rfind(':') + 1));
}

}  // namespace

Error refusal(const std::string& object, const std::string& what, const std::string& code) {
  return {ErrorKind::failed, object, what, "", "", "", code};
}

Error no_answer(const std::string& object, const std::string& what) {
  return {ErrorKind::unknown, object, what + ": no answer came", "", "", "", ""};
}

bool leads_to_replica(const postgres::Connection& connection) {
  const auto* server = universe().server_at(port_of(connection));
  return server != nullptr && server->port != port_of(connection);
}

Result<Server*> reach(postgres::Connection& connection, Deadline deadline) {
  if (choose(Point::look, connection.name() + ": look") == Outcome::lost_request) {
    connection.close();
    return fail(no_answer(connection.name(), "a look"));
  }
  TRY(connection.query("look", {}, deadline));
  return universe().server_at(port_of(connection));
}

Result<Server*> reach_primary(postgres::Connection& connection, Deadline deadline, const char* code) {
  TRY_ASSIGN(auto* server, reach(connection, deadline));
  if (server->in_recovery) return fail(refusal(connection.name(), "a standby can't do that", code));
  return server;
}

Result<void> change(const std::string& object, const std::string& what, Deadline deadline,
                    const std::function<void()>& close, const std::function<Result<void>()>& action,
                    std::function<void()> later) {
  const auto outcome = choose(later ? Point::slow_request : Point::request, object + ": " + what);
  die_before(outcome);
  universe().advance(round_trip);
  if (outcome == Outcome::refused) return fail(refusal(object, what + " was refused"));
  if (outcome == Outcome::lost_request) {
    close();
    return fail(no_answer(object, what));
  }
  if (outcome == Outcome::delayed) {
    if (later) universe().under_way.emplace_back(universe().now + delay, std::move(later));
    close();
    return fail(no_answer(object, what));
  }
  auto done = action();
  if (outcome == Outcome::restart) universe().restart(object);
  const bool lost = fail_over(outcome, object);
  die_after(outcome);
  if (outcome == Outcome::late) universe().advance(deadline.left());
  if (outcome == Outcome::lost_reply || outcome == Outcome::late || outcome == Outcome::restart || lost) {
    close();
    return fail(no_answer(object, what));
  }
  return done;
}

Result<void> change_on(postgres::Connection& connection, const std::string& what, Deadline deadline,
                       const std::function<Result<void>(Server&)>& action, const char* code,
                       std::function<void()> later) {
  TRY_ASSIGN(auto* server, reach_primary(connection, deadline, code));
  return change(
      connection.name(), what, deadline, [&] { connection.close(); }, [&] { return action(*server); },
      std::move(later));
}

}  // namespace pgcleave::simulation

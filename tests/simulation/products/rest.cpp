// Patroni's REST interface, as one member answers.
#include "base/format.h"
#include "products/wire.h"
#include "rest/client.h"

namespace pgcleave::rest {

using simulation::universe;

struct Client::State {
  std::string url;

  [[nodiscard]] bool leads_to(int port) const { return url.find(fmt::format(":{}", port)) != std::string::npos; }
  [[nodiscard]] bool is_replicas() const {
    return leads_to(universe().source_patroni.rest_port + simulation::ports_to_replica) ||
           leads_to(universe().target_patroni.rest_port + simulation::ports_to_replica);
  }
  [[nodiscard]] fence::Owner side() const {
    const int port = universe().target_patroni.rest_port;
    return leads_to(port) || leads_to(port + simulation::ports_to_replica) ? fence::Owner::target
                                                                           : fence::Owner::source;
  }
};

Client::Client(const std::string& url, const Access&) : state_(std::make_unique<State>(State{url})) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Answer> Client::get(const std::string& path, Deadline) {
  universe().advance(std::chrono::milliseconds(1));
  if (simulation::choose(simulation::Point::look, state_->url + path) == simulation::Outcome::lost_request)
    return fail(simulation::no_answer(state_->url, "GET " + path));
  const auto& cluster = universe().patroni(state_->side());
  const auto& server = universe().server(state_->side());
  if (path == "/cluster") return Answer{200, simulation::cluster_json(cluster, server).dump()};
  if (path == "/patroni") {
    const auto state = state_->is_replicas() ? simulation::state_of_replica(cluster) : "running";
    return Answer{200, Json{{"state", state}, {"patroni", {{"version", "3.0.2"}, {"scope", server.scope}}}}.dump()};
  }
  if (path == "/leader") return Answer{server.up ? 200 : 503, "{}"};
  if (path == "/config") {
    const bool followed = universe().now >= cluster.shown_from;
    return Answer{200, (followed ? cluster.config : cluster.shown).dump()};
  }
  return Answer{404, ""};
}

// While the DCS does not answer, Patroni keeps what was asked of it, and carries it out when nobody waits for it any
// more.
constexpr simulation::Instant dcs_is_silent_for = 8'000'000;
// What is asked again meanwhile comes later still: on the lab twelve seconds after etcd was back. Here as late as
// Patroni may (steps/patroni/late_promotion.cpp): after a rollback has made the cluster a standby again.
constexpr simulation::Instant asked_again_comes_after = 17'000'000;

Result<Answer> Client::patch(const std::string& path, const Json& body, Deadline deadline) {
  const auto side = state_->side();
  const auto& server = universe().server(side);
  auto& silent_until = universe().patroni(side).silent_until;
  const auto carry_out = [side, body] {
    simulation::patch(universe().patroni(side), universe().server(side), body, universe().now);
  };
  if (universe().now < silent_until) {
    universe().under_way.emplace_back(silent_until + asked_again_comes_after, carry_out);
    universe().advance(deadline.left());
    return fail(simulation::no_answer(server.scope + "'s Patroni", "PATCH " + path));
  }
  const auto under_way = universe().under_way.size();
  const auto done = simulation::change(
      server.scope + "'s Patroni", "PATCH " + path, deadline, [] {},
      [&]() -> Result<void> {
        carry_out();
        universe().advance(std::chrono::milliseconds(48));
        return {};
      },
      carry_out);
  if (universe().under_way.size() > under_way) {
    silent_until = universe().now + dcs_is_silent_for;
    universe().under_way.back().first = silent_until;
    universe().advance(deadline.left());
  }
  if (!done && done.error().kind == ErrorKind::failed) return Answer{503, "refused"};
  if (!done) return fail(done.error());
  return Answer{200, universe().patroni(side).config.dump()};
}

Result<Answer> Client::send(const std::string& method, const std::string& path, const std::string&, const std::string&,
                            Deadline deadline) {
  if (path != "/reinitialize") return Answer{200, ""};
  if (!state_->is_replicas()) return Answer{503, "I am the leader, can not reinitialize"};
  const auto& server = universe().server(state_->side());
  const auto done = simulation::change(
      server.scope + "'s Patroni", method + " " + path, deadline, [] {},
      [&]() -> Result<void> {
        simulation::reinitialize_replica(universe().patroni(state_->side()), universe().now);
        return {};
      });
  if (!done && done.error().kind == ErrorKind::failed) return Answer{503, "refused"};
  if (!done) return fail(done.error());
  return Answer{200, "reinitialize started"};
}

const std::string& Client::url() const {
  return state_->url;
}

}  // namespace pgcleave::rest

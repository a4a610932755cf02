// Patroni's REST interface, as one member answers.
#include "base/format.h"
#include "products/wire.h"
#include "rest/client.h"

namespace pgcleave::rest {

using simulation::universe;

struct Client::State {
  std::string url;

  [[nodiscard]] postgres::Owner side() const {
    return url.find(std::to_string(universe().target_patroni.rest_port)) == std::string::npos ? postgres::Owner::source
                                                                                              : postgres::Owner::target;
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
  if (path == "/patroni") return Answer{200, Json{{"patroni", {{"version", "3.0.2"}, {"scope", server.scope}}}}.dump()};
  if (path == "/leader") return Answer{server.up ? 200 : 503, "{}"};
  if (path == "/config") {
    const bool followed = universe().now >= cluster.shown_from;
    return Answer{200, (followed ? cluster.config : cluster.shown).dump()};
  }
  return Answer{404, ""};
}

Result<Answer> Client::patch(const std::string& path, const Json& body, Deadline deadline) {
  const auto side = state_->side();
  const auto& server = universe().server(side);
  const auto done = simulation::change(server.scope + "'s Patroni", "PATCH " + path, deadline, [] {}, [&]() -> Result<void> {
    universe().advance(std::chrono::milliseconds(48));
    simulation::patch(universe().patroni(side), universe().server(side), body, universe().now);
    return {};
  });
  if (!done && done.error().kind == ErrorKind::failed) return Answer{503, "refused"};
  if (!done) return fail(done.error());
  return Answer{200, universe().patroni(side).config.dump()};
}

Result<Answer> Client::send(const std::string&, const std::string&, const std::string&, const std::string&, Deadline) {
  return Answer{200, ""};
}

const std::string& Client::url() const {
  return state_->url;
}

}  // namespace pgcleave::rest

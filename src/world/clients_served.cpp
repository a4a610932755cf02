#include "world/clients_served.h"

#include <algorithm>

#include "base/lines.h"
#include "world/probes.h"
#include "world/route_answer.h"

namespace pgcleave::world {

std::vector<AskedAsClient> ask_as_client(const World& world, const std::vector<std::string>& paused,
                                         Deadline deadline) {
  auto clients = probes(world.environment);
  clients.erase(
      std::remove_if(clients.begin(), clients.end(),
                     [&](const auto& client) { return std::count(paused.begin(), paused.end(), client.name) > 0; }),
      clients.end());
  std::vector<AskedAsClient> all;
  auto opened = postgres::Connection::open_all(clients, deadline);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    AskedAsClient one{clients[i].name, "", ""};
    const auto answer =
        opened[i] ? ask_who_answers(*opened[i], deadline.for_one_read()) : Result<RouteAnswer>(fail(opened[i].error()));
    if (answer) one.cluster = answer->cluster;
    if (!answer) one.problem = one_line(reason_of(answer.error()));
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace pgcleave::world

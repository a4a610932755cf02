// What a world will be, from its seed alone: pieces, clients, events. What is left out of it is left out by name, so a
// shortened world is the same world with fewer of them.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "client.h"
#include "schema.h"

namespace pgcleave_worlds {

struct Event {
  std::string name;          // of a row in events.cpp
  std::uint64_t stream = 0;  // its own chance, whatever else is left out
};

struct WorldPlan {
  std::uint64_t seed = 0;
  int number = 0;
  int bouncers = 1, source_members = 2, target_members = 2;
  std::vector<Piece> pieces;
  std::vector<ClientPlan> clients;
  std::vector<Event> events;
  std::set<std::string> left_out;  // p3, c2, e1
  bool stale_members = false;      // members that missed a split are promoted after it

  bool has(const std::string& part) const { return !left_out.contains(part); }
};

WorldPlan plan_world(std::uint64_t seed, int number, bool stale_members);
std::vector<std::string> parts(
    const WorldPlan& plan);  // what can be left out: events from the last on, clients, pieces

}  // namespace pgcleave_worlds

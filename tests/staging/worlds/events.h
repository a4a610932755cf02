// What people do in weeks. An event that does not fit to where the world stands is passed over.
#pragma once
#include "world.h"

namespace pgcleave_worlds {

struct EventKind {
  const char* name;
  bool (*happen)(World&, Chance&);  // false: it did not fit
};

const std::vector<EventKind>& tool_events();  // pgcleave is used
const std::vector<EventKind>& mistaken_events();
const std::vector<EventKind>& server_events();  // they fail, or are switched over
const std::vector<EventKind>& change_events();  // tables and partitions come and go
std::vector<std::string> with_environment(std::vector<std::string> words, const World& world);
bool done(const Ended& ended);
bool happen(World& world, const Event& event);

// Looks into what the tool said: was it a refusal, and is its reason true of this world?
void note_refusal(World& world, const std::string& event, const Ended& ended);

}  // namespace pgcleave_worlds

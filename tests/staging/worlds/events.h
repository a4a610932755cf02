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
const std::vector<EventKind>& server_events();       // they fail, or are switched over
const std::vector<EventKind>& failover_events();     // they lose what was acknowledged
const std::vector<EventKind>& other_split_events();  // what goes back on purpose, and what is split after it
const std::vector<EventKind>& change_events();       // tables and partitions come and go
std::vector<std::string> with_environment(std::vector<std::string> words, const World& world);
bool done(const Ended& ended);
bool was_refused(const Ended& ended);  // by what was typed (2), or since it is not ready (3)
bool split_over(World& world, const std::string& runbook, Chance& chance);  // like an event; false: it did not fit
bool rollback_that_gives_up(World& world);                                  // of a maintenance window
std::string words_asked_for(const std::string& output);                     // by a gate; empty: none are
void wait_for_bouncers(World& world);
std::string rest_password(const World& world);
void switch_leader(World& world, const std::string& from, const std::string& to);
bool happen(World& world, const Event& event);

// Looks into what the tool said: was it a refusal, and is its reason true of this world?
// A violation, unless the machine is so busy that it proves nothing: the world is not finished then.
void does_not_end(World& world, const std::string& event);
void note_refusal(World& world, const std::string& event, const Ended& ended);

}  // namespace pgcleave_worlds

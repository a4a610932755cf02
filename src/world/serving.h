// Who may write a split's moved tables now, as both sides' databases say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/environment.h"
#include "postgres/connection.h"
#include "world/side.h"
#include "world/world.h"

namespace pgcleave::world {

enum class Serving { source, target, both, nobody, unknown };
const char* name_of(Serving serving);
std::optional<Serving> serving_named(const std::string& text);
// The side that serves, if one alone does.
std::optional<SideName> side_of(Serving serving);

// The source also where no fence is installed; unknown when a side that has a say can't be asked in time. A source that
// can't be asked has no say while the target owns. Reads only.
Serving serving(World& world, Deadline deadline);

// Whether clients get through, measured as one of them: a login and a query through each bouncer whose pool has a
// `probe`.

struct AskedAsClient {
  std::string bouncer;
  std::string cluster;  // cluster_name of the server that answered; empty: nobody did
  std::string problem;  // why nobody did, in one line
};

// Of all bouncers but `paused`, at once; blocks until all have answered or the deadline has passed. Changes nothing.
std::vector<AskedAsClient> ask_as_client(const World& world, const std::vector<std::string>& paused, Deadline deadline);

// Does a side's leader follow another server? A standby owns nothing, whatever is stored on it.

// False also where it can't be asked.
bool is_standby(Side& side, Deadline deadline);

// How a client of each bouncer whose pool has a `probe` connects: what is written through it proves where clients land,
// and when.

// Named after the bouncers. Never with a cancel request, which undoes a global PAUSE (PgBouncer 1.18).
std::vector<postgres::Settings> probes(const config::Environment& environment);
// Each once, by name.
std::vector<std::string> probe_users(const config::Environment& environment);

}  // namespace pgcleave::world

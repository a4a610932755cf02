// The servers that a run acts on. run.begun keeps them as `servers`:
//   source, target   {system_identifier, database, database_oid}
//   bouncers         [{name, pool, host, port (of its console), listen_port, unix_socket_dir, database}]
// What could not be asked then is missing there, as in runs of older versions, and is not compared.
#pragma once

#include "world/world.h"

namespace pgcleave::world {

// Connects to all of them, and changes nothing. `invalid` when a pool leads to another database than the sides'
// connections.
Result<Json> note_servers(World& world, Deadline deadline);

// The sides alone, as far as the world has been connected to them; asks nobody.
Json sides_seen(const World& world);

// In words, each side that is known to be another database than that, or that one of both does not name. Empty: the
// same, whatever its members are called and wherever they are.
std::string other_sides(const World& world, const Json& servers);

// From now on each connection to a side or a bouncer is compared with what a run kept: another one is `invalid`.
void expect_servers(World& world, const Json& servers);

// Connects to all of them, and changes nothing: `invalid` where one is not what is expected. Those that don't answer
// are compared when they do.
Result<void> compare_servers(World& world, Deadline deadline);

}  // namespace pgcleave::world

// A host and a port as people read and type them.
#pragma once

#include <string>
#include <vector>

namespace pgcleave {

// "10.0.0.1" is itself; "10.0.0.1,10.0.0.2" is two, which PgBouncer takes by turns (1.17 and later), and libpq one
// after the other until one answers.
std::vector<std::string> hosts_of(const std::string& text);

// "10.0.0.1:5432", "db.example:5432", "[fd00::1]:5432"; "(unix socket):5432" for no host; of several hosts each.
std::string address_text(const std::string& host, const std::string& port);
std::string address_text(const std::string& host, int port);

}  // namespace pgcleave

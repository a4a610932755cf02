// Addresses that mean another server on each machine: what this one sees there says nothing of what others see. Asks
// nobody.
#pragma once

#include <string>

#include "config/environment.h"

namespace pgcleave::config {

// 127.0.0.0/8, ::1, localhost, or a socket's folder.
bool is_loopback(const std::string& host);

// A bouncer on another machine, as far as its addresses tell, with a route to its own machine.
bool cannot_be_seen_from_here(const BouncerAccess& bouncer, const std::string& route_host);

}  // namespace pgcleave::config

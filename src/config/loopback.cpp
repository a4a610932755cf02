#include "config/loopback.h"

namespace pgcleave::config {

bool is_loopback(const std::string& host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host.rfind("127.", 0) == 0 || host == "::1" ||
         host == "localhost";
}

bool cannot_be_seen_from_here(const BouncerAccess& bouncer, const std::string& route_host) {
  const auto console = bouncer.console.values.find("host");
  const bool is_here =
      bouncer.shell.empty() && (console == bouncer.console.values.end() || is_loopback(console->second));
  return !is_here && is_loopback(route_host);
}

}  // namespace pgcleave::config

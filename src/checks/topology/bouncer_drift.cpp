// What RELOAD would change besides the route.
#include <cstdlib>

#include "base/format.h"
#include "checks/topology/bouncers.h"

namespace pgcleave::checks {
namespace {

std::string unquoted(const std::string& value) {
  if (value == "on" || value == "true" || value == "yes") return "1";
  if (value == "off" || value == "false" || value == "no") return "0";
  return value;
}

// "15" is "15.0", "0x10" is not a number here; everything else is compared letter by letter.
bool same(const std::string& a, const std::string& b) {
  const auto left = unquoted(a);
  const auto right = unquoted(b);
  if (left == right) return true;
  char* left_end = nullptr;
  char* right_end = nullptr;
  const double x = std::strtod(left.c_str(), &left_end);
  const double y = std::strtod(right.c_str(), &right_end);
  return !left.empty() && !right.empty() && *left_end == 0 && *right_end == 0 && x == y;
}

// SHOW CONFIG shows these otherwise than the file writes them, or from another source (1.18): -v, the path given at the
// start.
bool comparable(const std::string& key) {
  return key != "verbose" && key != "conffile" && key != "unix_socket_mode";
}

}  // namespace

std::vector<std::string> reload_would_change(const pgbouncer::Inspection& bouncer) {
  std::vector<std::string> out;
  if (!bouncer.config) return out;
  const auto file = bouncer.config->settings();
  for (const auto& [key, running] : bouncer.settings) {
    if (!running.changeable || !comparable(key)) continue;
    if (const auto written = file.find(key); written != file.end()) {
      if (!same(written->second, running.value))
        out.push_back(fmt::format("{}: {} in the file, {} runs", key, written->second, running.value));
      continue;
    }
    // Before 1.18 the default is not shown.
    if (running.fallback.empty() || same(running.fallback, running.value)) continue;
    out.push_back(fmt::format("{}: not in the file (default {}), {} runs", key, running.fallback, running.value));
  }
  return out;
}

}  // namespace pgcleave::checks

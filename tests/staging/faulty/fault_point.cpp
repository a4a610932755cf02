// pgcleave with a weak spot, for tests only: linked in place of src/engine/fault_point.cpp.
//   PGCLEAVE_FAULT="kill|after effect give ownership"   SIGKILL at the first point that begins with this text
//   PGCLEAVE_FAULT="kill both|..."                      its guard first
//   PGCLEAVE_FAULT="sleep 3000|before effect promote"   sleeps 3 s there, once; the file in PGCLEAVE_FAULT_REACHED is created first
// A guard looks into PGCLEAVE_GUARD_FAULT instead.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "engine/approvals.h"

namespace pgcleave::engine {
namespace {

bool is_guard() {
  char name[16] = {};
  ::prctl(PR_GET_NAME, name);
  return std::string(name) == "pgcleave guard";
}

void kill_children() {
  const auto self = std::to_string(::getpid());
  std::ifstream children("/proc/" + self + "/task/" + self + "/children");
  for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
}

void at(const std::string& point) {
  static bool reached = false;
  const char* fault = std::getenv(is_guard() ? "PGCLEAVE_GUARD_FAULT" : "PGCLEAVE_FAULT");
  if (fault == nullptr || reached) return;
  const std::string text = fault;
  const auto bar = text.find('|');
  if (bar == std::string::npos || point.rfind(text.substr(bar + 1), 0) != 0) return;
  reached = true;
  if (const char* file = std::getenv("PGCLEAVE_FAULT_REACHED"); file != nullptr) std::ofstream(file) << point << "\n";
  if (text.rfind("kill both|", 0) == 0) kill_children();
  if (text.rfind("kill", 0) == 0) ::kill(::getpid(), SIGKILL);
  if (text.rfind("sleep ", 0) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::stol(text.substr(6, bar - 6))));
}

}  // namespace

FaultPoint fault_point() {
  return at;
}

}  // namespace pgcleave::engine

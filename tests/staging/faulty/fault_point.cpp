// pgcleave with a weak spot, for tests only: linked in place of src/fault_point.cpp.
//   PGCLEAVE_FAULT="kill|after effect give ownership"   SIGKILL at the first point that begins with this text
//   PGCLEAVE_FAULT="kill both|..."                      its guard first
//   PGCLEAVE_FAULT="kill|=take|before record step.done take|2"  at exactly this line of the file below: step or phase,
//   point, how often by now PGCLEAVE_FAULT="sleep 3000|before effect promote"   sleeps 3 s there, once; the file in
//   PGCLEAVE_FAULT_REACHED is created first PGCLEAVE_FAULT="fade 3000|after effect PAUSE"       closes its pipes, and
//   is killed 3 s later: as a process that a busy disk keeps from going PGCLEAVE_FAULT="hold|before effect promote"
//   stands there until that file goes away PGCLEAVE_FAULT_POINTS=FILE                          a line for each point
//   that it comes by
// What the program starts as its guard has a weak spot of its own, PGCLEAVE_GUARD_FAULT, and writes no points.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>
#include <vector>

#include "engine/approvals.h"

namespace pgcleave::engine {
namespace {

bool is_guard() {
  std::ifstream file("/proc/self/cmdline");
  const std::string words((std::istreambuf_iterator<char>(file)), {});
  return words.find(std::string("\0guard\0", 7)) != std::string::npos;
}

void kill_children() {
  const auto self = std::to_string(::getpid());
  std::ifstream children("/proc/" + self + "/task/" + self + "/children");
  for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
}

void close_pipes() {
  std::vector<int> pipes;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", none)) {
    const int number = std::stoi(entry.path().filename().string());
    if (number > 2 && std::filesystem::read_symlink(entry.path(), none).string().rfind("pipe:", 0) == 0)
      pipes.push_back(number);
  }
  for (const int pipe : pipes) ::close(pipe);
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Effects belong to the step of the record before them.
std::string line_of(const std::string& point) {
  static std::string whose = "-";
  static std::map<std::string, int> count;
  if (point.find(" record ") != std::string::npos) {
    const auto word = point.find(' ', point.find(" record ") + 8);
    whose = word == std::string::npos ? "-" : point.substr(word + 1);
  }
  const auto name = whose + "|" + point;
  return name + "|" + std::to_string(++count[name]);
}

void note(const std::string& point) {
  const auto file = setting("PGCLEAVE_FAULT_POINTS");
  if (file.empty()) return;
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const auto line = point + "\n";
  if (out >= 0 && ::write(out, line.data(), line.size()) >= 0) ::close(out);
}

bool is_named(const std::string& point, const std::string& line, const std::string& name) {
  return name.rfind('=', 0) == 0 ? line == name.substr(1) : point.rfind(name, 0) == 0;
}

void at(const std::string& point) {
  using std::chrono::milliseconds;
  static const bool guard = is_guard();
  static const auto fault = setting(guard ? "PGCLEAVE_GUARD_FAULT" : "PGCLEAVE_FAULT");
  static bool reached = false;
  const auto line = line_of(point);
  if (!guard) note(line);
  const auto bar = fault.find('|');
  if (reached || bar == std::string::npos || !is_named(point, line, fault.substr(bar + 1))) return;
  reached = true;
  const auto file = setting("PGCLEAVE_FAULT_REACHED");
  if (!file.empty()) std::ofstream(file) << point << "\n";
  const auto what = fault.substr(0, bar);
  if (what == "kill both") kill_children();
  if (what.rfind("fade ", 0) == 0) {
    close_pipes();
    std::this_thread::sleep_for(milliseconds(std::stol(what.substr(5))));
  }
  if (what.rfind("kill", 0) == 0 || what.rfind("fade ", 0) == 0) ::kill(::getpid(), SIGKILL);
  if (what.rfind("sleep ", 0) == 0) std::this_thread::sleep_for(milliseconds(std::stol(what.substr(6))));
  while (what == "hold" && std::filesystem::exists(file)) std::this_thread::sleep_for(milliseconds(2));
}

}  // namespace

FaultPoint fault_point() {
  return at;
}

}  // namespace pgcleave::engine

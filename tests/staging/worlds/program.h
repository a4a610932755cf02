// Runs pgcleave, and the lab's program, as a person would.
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pgcleave_worlds {

struct Ended {
  int code = -1;
  bool timed_out = false;
  std::string output;
};

// The output goes through a file, so that no full pipe can hold the program up. After the limit it is killed.
Ended run_program(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                  std::chrono::seconds limit, const std::map<std::string, std::string>& environment = {},
                  std::chrono::milliseconds kill_after = std::chrono::milliseconds(0));

}  // namespace pgcleave_worlds

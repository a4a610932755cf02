#include "postgres_bin.h"

#include <unistd.h>

#include <charconv>

#include "error.h"

namespace pgcleave_lab {
namespace {

constexpr auto versions = "/usr/lib/postgresql";  // Debian's: a folder for each major version, with a folder bin in it

bool has_programs(const std::filesystem::path& folder) {
  return ::access((folder / "postgres").c_str(), X_OK) == 0 && ::access((folder / "initdb").c_str(), X_OK) == 0;
}

int number(const std::string& name) {
  int value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  return error == std::errc() && end == name.data() + name.size() ? value : 0;
}

}  // namespace

std::filesystem::path postgres_bin(const std::filesystem::path& wanted) {
  if (!wanted.empty()) {
    if (!has_programs(wanted))
      fail("there are no postgres and initdb in {}; give another --postgres-bin", wanted.string());
    return std::filesystem::absolute(wanted);
  }
  int newest = 0;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator(versions, none)) {
    const int found = number(version.path().filename().string());
    if (found > newest && has_programs(version.path() / "bin")) newest = found;
  }
  if (newest == 0) fail("no PostgreSQL is installed below {}; give its folder: --postgres-bin DIR", versions);
  return std::filesystem::path(versions) / std::to_string(newest) / "bin";
}

}  // namespace pgcleave_lab

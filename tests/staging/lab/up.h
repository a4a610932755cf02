#pragma once
#include <filesystem>
#include <string>

namespace pgcleave_lab {

struct UpOptions {
  std::filesystem::path folder;
  int bouncers = 3;
  int source_members = 2, target_members = 2;
  bool schema = true;                  // false: an empty database
  int tables = 0;                      // moved tables with rows; 0: as the schema has them
  bool proxies = false;                // between pgcleave and every server
  std::filesystem::path postgres_bin;  // of the servers; empty: the newest installed
  std::string address;                 // where they listen, if not on loopback
  bool ipv6 = false;                   // all speak over ::1, the lab itself aside
  bool least_role = false;             // pgcleave is no superuser, and has no right yet
  bool foreground = false;             // stay until ctrl-C or SIGTERM, then take the lab down
};

int up(const UpOptions& options);

}  // namespace pgcleave_lab

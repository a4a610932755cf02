#pragma once
#include <filesystem>

#include "lab.h"

namespace pgcleave_lab {

struct LoadOptions {
  int writers = 16, reconnect = 4, readers = 2, staying = 1;
  double seconds = 0;          // 0: until ctrl-C or SIGTERM
  double rate = 50;            // writes per second and writer; 0: as fast as answers come
  double reconnect_rate = 10;  // of those that connect anew for each write: a SCRAM login costs milliseconds of CPU
  bool bypass = false;         // one more writer, straight to the source's PostgreSQL
  std::filesystem::path history;
};

int load(const Lab& lab, LoadOptions options);

}  // namespace pgcleave_lab

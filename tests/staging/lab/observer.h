#pragma once
#include <filesystem>
#include <map>
#include <vector>

#include "history.h"
#include "lab.h"

namespace pgcleave_lab {

// Watches from outside when clients of the moved tables are served: through each bouncer some writers in turn update a
// row of a moved table each, a few milliseconds after another.
struct ObserveOptions {
  std::string every = "5ms";
  double seconds = 0;  // 0: until ctrl-C
  std::filesystem::path history;
};
int observe(const Lab& lab, const ObserveOptions& options);

struct ObservedOptions {
  std::filesystem::path history;
  std::string every = "5ms";
  std::int64_t from_us = 0, to_us = 0;  // wall clock; 0: open
  std::int64_t since_us = 0;            // not 0: only tell when each bouncer served its clients after this moment
};
int observed(const ObservedOptions& options);

// For a write that overlaps [from, to]: from the last answer through its bouncer before it was first tried, until it
// was answered.
struct Outage {
  std::string through;
  int client = 0;
  std::int64_t began_us = 0;  // wall clock
  double ms = 0;
};
// Over all writers: the longest such outage of each.
double mean_outage_ms(const std::vector<Outage>& outages);
std::vector<Outage> outages(const std::vector<Record>& history, std::int64_t from_us, std::int64_t to_us,
                            double above_ms);

// What clients of one bouncer met after a moment, such as the death of a tool.
struct Served {
  double again_ms =
      -1;  // until they were served: an outage that begins up to 300 ms later counts as a part of it. -1: never
  std::string stored_on;     // of the last acknowledged write
  std::int64_t last_us = 0;  // when, wall clock
};
std::map<std::string, Served> served_since(const std::vector<Record>& history, std::int64_t since_us);

}  // namespace pgcleave_lab

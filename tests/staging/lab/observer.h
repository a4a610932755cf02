#pragma once
#include <filesystem>
#include <map>
#include <vector>

#include "history.h"
#include "lab.h"

namespace pgcleave_lab {

// Watches from outside when clients of the moved tables are served: through each bouncer some writers in turn update a row of a moved table
// each, a few milliseconds after another.
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
};
int observed(const ObservedOptions& options);

// For a write that overlaps [from, to]: from the last answer through its bouncer before it was first tried, until it was answered.
struct Outage {
  std::string through;
  int client = 0;
  std::int64_t began_us = 0;  // wall clock
  double ms = 0;
};
// Over all writers: the longest such outage of each.
double mean_outage_ms(const std::vector<Outage>& outages);
std::vector<Outage> outages(const std::vector<Record>& history, std::int64_t from_us, std::int64_t to_us, double above_ms);

}  // namespace pgcleave_lab

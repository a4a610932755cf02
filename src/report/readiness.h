// Is a change ready for production? What is known of it, gathered for one page. Asks no server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/finding.h"
#include "readiness/evidence.h"
#include "report/report.h"
#include "report/round_table.h"

namespace pgcleave::report {

// The newest check of this environment, split and runbook: the journal's check.done.
struct CheckMade {
  std::string id;
  std::int64_t at_us = 0;
  std::string who;
  std::vector<std::string> families;
  checks::Findings findings;
};

struct Readiness {
  runbook::Change change;
  readiness::Evidence evidence;
  checks::Findings process;           // judged now
  std::optional<CheckMade> check;     // of the two sides, judged when somebody last looked
  std::vector<ComparedRound> rounds;  // those that count
  std::vector<Chain> chains;          // of all journals that were read
};

// A check that is older tells of yesterday.
constexpr Duration longest_age_of_check = std::chrono::hours(24);

std::optional<CheckMade> newest_check(const journal::Journal& journal, const runbook::Change& change);

// All findings that count: those of the check, the process as it is judged now, and what is wrong with the check
// itself. Blockers first.
checks::Findings findings_of(const Readiness& readiness);

// Ready: no blocker among them, and every chain holds.
Document readiness_report(const Readiness& readiness, const Made& made);

}  // namespace pgcleave::report

// What rehearsals left in journals: each round with its run, which of them count for a runbook and a split, and how
// long clients waited.
#pragma once

#include <string>
#include <vector>

#include "engine/record.h"

namespace pgcleave::readiness {

struct Round {
  std::string rehearsal;  // "h-20261122-101500-a1b2"
  int number = 0;         // from 1
  std::string journal;    // path
  engine::RunRecord run;
  bool good = false;
  bool rolled_back = false;
  std::string surprise;  // what went otherwise than it should; "" when good
  std::string solved;    // how the problem was solved; "" if nobody said so
  std::string solved_by;
  Json checks = Json::object();  // after_cutover, after_rollback: {blockers, warnings}
  double forth_s = 0;            // from the beginning of the run until the target served
  double back_s = 0;             // of the rollback, until all was as before; 0: none
  std::int64_t finished_at_us = 0;
};

// Oldest first. A round that has not ended is left out.
Result<std::vector<Round>> rounds_in(const journal::Journal& journal);
// Of several journals, oldest first. One that can't be read is said in `unread`, and the others count.
std::vector<Round> rounds_in(const std::vector<std::string>& paths, std::vector<std::string>& unread);

// What a rehearsal must have been of to count.
struct Subject {
  std::string runbook_sha256;
  std::string split_sha256;
  std::string binary_sha256;
  Duration max_age{};
  std::int64_t now_us = 0;
};

enum class Mismatch { none, runbook, split, binary, age };
Mismatch mismatch(const Round& round, const Subject& subject);
std::string text_of(Mismatch mismatch);  // "of another runbook", "older than the runbook allows"

// By nearest rank: a p90 of four is the fourth.
struct Spread {
  int count = 0;
  double p50 = 0;
  double p90 = 0;
  double max = 0;
};
Spread spread_of(std::vector<double> values);

struct Rehearsed {
  std::vector<Round> counting;  // of this subject, good or not
  std::vector<Round> others;    // with the same runbook name, and why they do not count
  std::vector<Mismatch> why;    // by index of others
  std::vector<std::string> unread;

  [[nodiscard]] int good() const;
  [[nodiscard]] int rolled_back() const;                         // good ones that were rolled back to the end
  [[nodiscard]] Spread pauses(runbook::PhaseKind window) const;  // of good ones, ms
  [[nodiscard]] Spread step_ms(const std::string& step) const;   // of good ones
};

Rehearsed rehearsed(const std::vector<std::string>& journals, const std::string& runbook_name, const Subject& subject);

}  // namespace pgcleave::readiness

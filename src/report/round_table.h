// Rounds beside each other: one run each, forth and perhaps back.
#pragma once

#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/run_story.h"

namespace pgcleave::report {

struct ComparedRound {
  std::string label;  // "round 1", or the run's id
  RunStory story;
  bool good = true;
  bool rolled_back = false;
  std::string surprise = {};
  std::string solved = {};
  std::string solved_by = {};
};

// By nearest rank, as everywhere else. Zeros of nothing.
struct Middle {
  double low = 0;
  double median = 0;
  double high = 0;
};
Middle middle_of(const std::vector<double>& values);

// Of all rounds that have it, in their order. `phase`: window, rollback.window.
std::vector<double> pauses_of(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase);
std::vector<double> outages_of(const std::vector<ComparedRound>& rounds,
                               runbook::PhaseKind phase);  // of the worst client
std::vector<double> mean_outages_of(const std::vector<ComparedRound>& rounds,
                                    runbook::PhaseKind phase);  // of all its clients

Table rounds_table(const std::vector<ComparedRound>& rounds);
Picture pauses_picture(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase);
// Per step of the forward phases or the rollback: shortest, median, longest.
Picture steps_picture(const std::vector<ComparedRound>& rounds, bool back);
// What went otherwise than it should, and how it was solved. Empty columns when nothing did.
Table surprises_table(const std::vector<ComparedRound>& rounds);

}  // namespace pgcleave::report

// What is about to be done, and what journals hold of rehearsals, signatures and runs for it. Asks no server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "readiness/last_comparison.h"
#include "readiness/rehearsals.h"
#include "runbook/change.h"

namespace pgcleave::readiness {

using runbook::Change;

struct Signature {
  std::string role;
  std::string by;
  std::string text;
  std::int64_t at_us = 0;
};

struct Evidence {
  Rehearsed rehearsed;
  std::vector<Signature> signatures;  // for this text of runbook, split and environment; the newest of a role counts
  std::vector<engine::RunRecord> open_runs;  // of this split, in the journal
  std::optional<LastComparison> compared;    // of this split, in the journal; none: never
};

// Reads the journals: the change's own, and those that the environment names under `rehearsals`. A journal that does
// not exist yet holds nothing.
Evidence evidence_for(const Change& change);

// The signature of a role that counts; null: nobody signed for it.
const Signature* newest_of(const std::vector<Signature>& signatures, const std::string& role);

}  // namespace pgcleave::readiness

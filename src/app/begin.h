// Begins a new run and runs it to its end.
//
//   may_begin   before anything is opened: approvals, the files, the readiness verdict
//   begin       the split's lock > no other run > the world > who holds the split > the servers > run.begun > the
//   engine
// Whatever fails before run.begun leaves nothing behind.
#pragma once

#include <string>
#include <vector>

#include "app/acted.h"
#include "app/approve.h"
#include "runbook/change.h"

namespace pgcleave::app {

// Which round of which rehearsal a run is; empty for all others.
struct Origin {
  std::string rehearsal;
  int round = 0;
  bool take_over = false;  // of a split that another run holds
  Json readiness;          // what run.begun says of it (app/ready.h)
};

// What `run.begun` says of the readiness verdict (app/ready.h). `approved`: gates that were approved beforehand;
// `force`: the reason to begin without a verdict. Says all that is wrong but the last on standard error, and fails with
// that.
Result<Json> may_begin(const runbook::Change& change, const std::vector<std::string>& approved,
                       const std::string& force);

// A new run, to its end. An error: it was not even begun.
Result<Acted> begin(journal::Journal& journal, const runbook::Change& change, const Origin& origin,
                    const engine::RunOutput& speech, const Approver& approver);

// A run that was refused after the split is not the one to go on with: which run split, and how to roll that back.
std::vector<std::string> split_before(const journal::Journal& journal, const std::string& refused,
                                      const std::string& rest);

}  // namespace pgcleave::app

// Reports: of a run, of rounds beside each other, of whether all is ready. Made of the journal and of the files that
// a change names; no server is asked.
#pragma once

#include <string>
#include <vector>

#include "engine/record.h"
#include "journal/journal.h"
#include "report/document/document.h"
#include "runbook/change.h"

namespace pgcleave::app {

struct ReportMade {
  report::Document document;
  bool sound = true;  // false: the journal's chain is broken, or something is in the way of a run
};

Result<ReportMade> report_of_run(const journal::Journal& journal, const engine::RunRecord& run);
// Of the runs that are named, or else of the rounds of a rehearsal (app/rehearsal.h; "": the last one). `not_ready`:
// none.
Result<ReportMade> report_of_rounds(const journal::Journal& journal, const std::vector<std::string>& runs,
                                    const std::string& rehearsal);
Result<ReportMade> report_of_readiness(const runbook::Change& change);

}  // namespace pgcleave::app

// Looks at both sides and names what is wrong; with a runbook the change is judged too. Changes nothing there. What was
// found is kept in the journal as evidence for a report.
#pragma once

#include <string>
#include <vector>

#include "app/change.h"
#include "checks/access/access.h"
#include "checks/finding.h"

namespace pgcleave::app {

struct CheckAsked {
  ChangeNamed change;  // without a runbook only the two sides are judged
  Duration observe{};  // for so long it watches what clients do
};

// The findings, or what is wrong with the files. Nothing depends on the record: a journal that can't be written is only
// told, on standard error, and one that the findings say can't be used is left alone.
config::Read<checks::Findings> check(const CheckAsked& asked);

// Every login that a window needs, tried. An error: a side can't be asked at all.
Result<std::vector<checks::Login>> try_logins(const config::Environment& environment, const config::Split& split);

}  // namespace pgcleave::app

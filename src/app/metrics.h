// What Prometheus is told of the splits of a journal, in its text format. As of monitored.h: by the journal and by who
// holds its locks. No server is asked, no secret is read, and no label bears a value of the databases.
#pragma once

#include <string>

#include "app/meant_run.h"

namespace pgcleave::app {

// "# HELP", "# TYPE" and samples of each metric, ended by a line feed. Durations in seconds, sizes in bytes. Of each
// split its run that is not over, else its newest. A journal without a run has pgcleave_info only.
Result<std::string> metrics(const journal::Journal& journal, const RunNamed& named, std::int64_t now_us);
std::string metrics_of_no_run();

}  // namespace pgcleave::app

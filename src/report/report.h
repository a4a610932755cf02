// The three reports. They ask nobody: all comes from the journal, from the files that the command names, and, for
// pictures only, from the samples beside the journal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/samples.h"
#include "report/document/document.h"
#include "report/last_comparison.h"
#include "report/round_table.h"
#include "report/run_story.h"

namespace pgcleave::report {

// Where the records come from, and whether they are whole.
struct Chain {
  std::string journal;  // path
  std::string head;     // hash of its last event
  std::string broken;   // why the chain does not hold; "" = it does
};

struct Made {
  std::int64_t at_us = 0;
  std::string version;
};

// `alive`: a process works on the run now.
// `samples`: of the stretch that metrics.h tells; may be empty. `compared`: the split's rows, by whomever.
Document run_report(const RunStory& story, bool alive, const std::vector<journal::Sample>& samples,
                    const std::optional<LastComparison>& compared, const Chain& chain, const Made& made);

// `rounds`: at least one. `more`: sections that stand at the end, such as before and after.
Document compare_report(const std::vector<ComparedRound>& rounds, const std::string& title,
                        const std::vector<Section>& more, const Chain& chain, const Made& made);

std::string made_line(const Made& made);

}  // namespace pgcleave::report

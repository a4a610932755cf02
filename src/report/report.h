// The three reports. They ask nobody: all comes from the journal, from the files that the command names, and, for pictures only, from
// the samples beside the journal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/document.h"
#include "report/run_story.h"

namespace pgcleave::report {

// Where the records come from, and whether they are whole.
struct Evidence {
  std::string journal;  // path
  std::string head;     // hash of its last event
  std::string broken;   // why the chain does not hold; "" = it does
};

struct Made {
  std::int64_t at_us = 0;
  std::string version;
};

// `alive`: a process works on the run now.
Document run_report(const RunStory& story, bool alive, const Evidence& evidence, const Made& made);

std::string made_line(const Made& made);

}  // namespace pgcleave::report

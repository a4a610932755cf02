// What a monitor is told of the splits of a journal: by the journal and by who holds its locks. No server is asked and
// no secret is read, so what only they can tell is no part of it: who serves, and the rollback path (status.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/meant_run.h"

namespace pgcleave::app {

// As monitors in the manner of Nagios count them.
enum class Alert { ok = 0, warning = 1, critical = 2, unknown = 3 };
const char* name_of(Alert alert);

struct Monitored {
  Alert alert = Alert::ok;
  std::string split;
  std::string environment;
  std::string text;  // a sentence, with the next command where a person has to type one

  [[nodiscard]] Json json() const;
};

// The split's run that is not over, else its newest.
const engine::RunRecord& monitored_run(const engine::SplitRuns& split);

// Critical: clients wait for longer than their budget, or may wait with nobody at work, or a person has to decide.
// Warning: a run waits for an approval, or ended before its end. `alive`: a process acts on the split. `again`: what a
// command needs besides a run's id.
Monitored monitored(const engine::SplitRuns& split, bool alive, std::int64_t now_us, const std::string& again);

// Of each split of the journal, or of the environment that was named; the worst first. `invalid`
// where the journal holds no run.
Result<std::vector<Monitored>> monitored(const journal::Journal& journal, const RunNamed& named);

}  // namespace pgcleave::app

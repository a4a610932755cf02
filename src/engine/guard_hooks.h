// How somebody stands by to bring the clients back when this process dies in a window. All may be empty.
#pragma once

#include <functional>

#include "base/deadline.h"
#include "journal/journal.h"
#include "runbook/runbook.h"

namespace pgcleave::engine {

struct GuardHooks {
  // Before a window is planned: returns when the guard has opened all that it needs. `clients_wait`: another process
  // left the window open, so nothing may hold it up; the guard is only asked to come. An error: there is none, and no
  // window may be entered.
  std::function<Result<void>(const runbook::Phase& phase, bool clients_wait)> stand_by;
  // The window is about to be entered; a process that is stopped for longer than that is taken for dead. An error: the
  // guard is gone.
  std::function<Result<void>(Duration longest_stop)> watch;
  // It was entered: what a guard needs to know should it not be able to read the journal later. An error: the guard is
  // gone.
  std::function<Result<void>(const journal::Event& entered)> entered;
  // This process is at work, whether its journal answers or not. Called with each record.
  std::function<void()> alive;
  // The window was left, undone, or not entered at all.
  std::function<void()> dismiss;
};

}  // namespace pgcleave::engine

#include "app/unwritten.h"

#include "app/interrupt.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"

namespace pgcleave::app {
namespace {

constexpr auto unsaid_for = std::chrono::seconds(1);
constexpr auto slice = std::chrono::milliseconds(200);

std::string what_is_left(const journal::Journal& journal) {
  return fmt::format("{} events of this run are not in {}: its file system does not answer", journal.unwritten(),
                     journal.path());
}

}  // namespace

void await_unwritten(const journal::Journal& journal, Duration longest) {
  if (journal.await_written(Deadline::in(unsaid_for))) return;
  log::warn(
      fmt::format("{}; they are written when it does, if this process is still there: waiting for {}, or until ctrl-C",
                  what_is_left(journal), to_text(longest)));
  const int asked = stop_flag().requests();
  const auto deadline = Deadline::in(longest);
  bool said = false;
  while (stop_flag().requests() == asked) {
    if (journal.await_written(Deadline::in(slice))) {
      log::info("the journal has been told");
      return;
    }
    if (!deadline.passed()) continue;
    if (!journal.is_in_kernel()) break;
    if (!std::exchange(said, true))
      log::warn("the kernel does not let this process end before its last write has ended; waiting on");
  }
  log::warn(what_is_left(journal) + "; they are lost. `pgcleave resume` asks the databases who owns the tables");
}

}  // namespace pgcleave::app

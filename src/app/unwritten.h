// What a journal's file system did not take while clients waited is written when it answers again, if this process is
// still there then.
#pragma once

#include "journal/journal.h"

namespace pgcleave::app {

constexpr Duration patience_with_unwritten = std::chrono::minutes(1);  // of those who have other things to do

// To be called when all is said. Waits while something is not written: for so long, or until ctrl-C; and as long as the
// kernel would not let this process end anyway. Says what is not written, and where.
void await_unwritten(const journal::Journal& journal, Duration longest);

}  // namespace pgcleave::app

// Comparisons that are not over, as the state that they keep (kept.h) tells: for who asks how far they are.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "compare/progress.h"
#include "postgres/connection.h"

namespace pgcleave::compare {

// At the latest after this time a process that lives keeps how far it is, also while it waits.
inline constexpr auto sign_of_life = std::chrono::seconds(30);
// Whoever kept nothing for this time stands still: a host that sleeps, a process that was stopped.
inline constexpr auto longest_silence = std::chrono::seconds(120);

enum class Life {
  at_work,
  silent,  // its session lives, and nothing was kept for `longest_silence`
  died,    // its session is gone
  stopped  // it ended before its end, and said so
};
const char* name_of(Life life);

struct UnderWay {
  std::string id;
  std::string definition;
  std::string runner;  // of who claimed it last; empty: it stopped
  Life life = Life::at_work;
  std::int64_t began_at_us = 0;  // wall clock of the server
  Duration silent{};             // since it was claimed or kept last
  bool hold = false;
  std::optional<Duration> target;
  std::string now;  // what slows it, or why it stopped; empty: nothing
  Progress at;      // its time goes on while it is at work
};

// The newest first, of those whose definition begins so. Reads only. None where nothing was ever kept.
Result<std::vector<UnderWay>> comparisons_under_way(postgres::Connection& connection, const std::string& definition,
                                                    Deadline deadline);

}  // namespace pgcleave::compare

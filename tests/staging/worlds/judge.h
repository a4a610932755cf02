// Compares what clients were told with what is stored. Pure, so that judge_test.cpp can put damage to it.
#pragma once
#include "contents.h"
#include "ledger.h"

namespace pgcleave_worlds {

enum class Serves { source, target, both, nobody };

// Of one relation that moves: which side takes a client's write. An empty reason: it does.
struct Gate {
  std::string table, source_says, target_says;
  bool created_since = false;  // after the split, and not fenced by anybody since: documented to be open
};

Serves who_serves(const Gate& gate);
std::vector<Violation> judge_rows(const std::map<std::string, Entry>& told, const Contents& source,
                                  const Contents& target, Serves serves);
std::vector<Violation> judge_gates(const std::vector<Gate>& gates, Serves serves);

}  // namespace pgcleave_worlds

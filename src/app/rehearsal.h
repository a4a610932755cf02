// A rehearsal: rounds of a whole run, time under load, and the whole rollback, by the code that production runs, with
// nobody asked. Each round is a run of its own in the journal.
#pragma once

#include <string>
#include <vector>

#include "app/approve.h"
#include "app/load.h"
#include "checks/finding.h"
#include "engine/record.h"
#include "engine/run_result.h"
#include "readiness/rehearsals.h"
#include "runbook/change.h"

namespace pgcleave::app {

enum class GoBack { always, last, never };  // in which rounds
const char* name_of(GoBack rounds);

struct RehearsalAsked {
  int times = 1;
  GoBack back = GoBack::always;
  Duration hold = std::chrono::seconds(5);
  std::string load;         // a command; "": none
  bool keep_going = false;  // past a surprise, as long as a next round can begin
};

struct RoundSeen {
  int number = 0;
  engine::RunRecord run;
  bool rolled_back = false;
  std::vector<std::string> surprises;
  Json checks = Json::object();
};

class Rehearsal {
 public:
  Rehearsal(journal::Journal& journal, const runbook::Change& change, RehearsalAsked asked, engine::RunOutput speech);

  // All rounds. An error: it did not even begin, or the journal can't be written.
  Result<void> run();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::vector<RoundSeen>& rounds() const { return rounds_; }
  // Why it ended before its last round; "" if it did not.
  [[nodiscard]] const std::string& stopped() const { return stopped_; }
  [[nodiscard]] engine::ExitCode exit() const;

 private:
  Result<void> round(int number);
  Result<void> forth(RoundSeen& seen);
  Result<void> back(RoundSeen& seen);
  void hold(RoundSeen& seen) const;
  void inspect_windows(RoundSeen& seen);
  Result<void> remember_how_it_was();
  void look_after_cutover(RoundSeen& seen);
  void look_after_rollback(RoundSeen& seen);
  struct LookOfRound;
  void look(RoundSeen& seen, const LookOfRound& look);
  [[nodiscard]] Answers approve_all() const;
  Result<void> write(const std::string& type, const Json& data);

  journal::Journal& journal_;
  const runbook::Change& change_;
  RehearsalAsked asked_;
  engine::RunOutput speech_;
  std::string id_;
  std::optional<Load> load_;
  checks::Picture picture_;                  // before the first round
  std::vector<std::string> known_blockers_;  // in it
  std::vector<RoundSeen> rounds_;
  std::string stopped_;
};

// Rounds of a rehearsal, as a journal holds them.

// By the rehearsal's id, or its unambiguous end; "last": the newest. `invalid` when there is none.
Result<std::vector<readiness::Round>> rounds_of(const journal::Journal& journal, const std::string& rehearsal);

}  // namespace pgcleave::app

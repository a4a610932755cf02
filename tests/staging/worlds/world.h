// One world: a lab, the database in it, clients, and what happens.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../lab/lab.h"
#include "judge.h"
#include "plan.h"
#include "program.h"

namespace pgcleave_worlds {

struct Settings {
  std::filesystem::path pgcleave, faulty, lab_program, runbooks, work;
  bool keep = false, talk = false;
};

struct Refusal {
  std::string event, reason;
  bool explained = false;  // the world contains what it names
};

struct Verdict {
  std::vector<Violation> violations;
  std::string at;  // the event after which they were seen
  std::vector<Refusal> refusals;
  long long acknowledged = 0;
  double seconds = 0, processor_seconds = 0;
  bool broken_lab = false, undecided = false;
  std::string why_broken;
  std::vector<std::string> story;       // what happened, event by event
  std::map<std::string, int> outcomes;  // event and exit code
  std::map<std::string, long long> ways;
};

enum class Phase { whole, at_gate, split, cleaned };

class World {
 public:
  World(const WorldPlan& plan, const Settings& settings, std::filesystem::path folder);
  ~World();
  Verdict run();

  // For the events.
  const WorldPlan plan;
  const Settings settings;
  const std::filesystem::path folder;
  pgcleave_lab::Lab lab;
  Phase phase = Phase::whole;
  std::string split_name = "moves";
  std::string runbook, run_name;  // of the run that split
  std::vector<Piece> pieces;
  std::vector<std::string> one_sided;      // what changed since the split: a refusal may name it
  std::vector<std::string> created_since;  // moved relations without a fence, by documentation
  // No split any more: what was made on one side since moves with the next.
  void is_whole_again();
  bool has_other_database = false;  // a copy of the database, as it was before the split
  bool undecided = false;           // a run needs a person, so nobody may be served
  bool failed_over = false;         // and lost commits, so what replicates may have broken off
  bool swapped = false;             // another split moves what stayed, and keeps what moved
  std::string anchor = "m.base";    // the moved table that says which side serves
  Ledger ledger;
  Tables tables;
  Verdict verdict;

  pgcleave_lab::Database admin(const std::string& scope);  // of the side's leader
  std::string leader(const std::string& scope);
  void execute(pgcleave_lab::Database& database, const std::string& sql,
               const std::string& where);  // told in the story
  Ended tool(std::vector<std::string> words, const std::string& event,
             std::chrono::milliseconds kill_after = std::chrono::milliseconds(0));
  void install(const Piece& piece, const std::vector<std::string>& scopes);
  void say(const std::string& text);
  std::filesystem::path environment() const { return folder / "lab" / "environment.yml"; }
  void write_split();
  std::string split_text() const;
  bool has_unlogged() const;  // a crash empties them, and so does a promotion
  void everybody_rests();
  void end_those_who_go_round();
  void everybody_goes_on();
  Serves serving_side();

 private:
  void up();
  void down();
  void make_schema();
  void leave_half_detached(Piece& piece);
  void begin_clients();
  void judge(const std::string& event, bool with_gates);
  std::vector<Gate> gates();

  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace pgcleave_worlds

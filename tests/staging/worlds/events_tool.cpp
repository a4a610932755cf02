// Events in which pgcleave is used, rightly or by mistake.
#include <fmt/format.h>

#include <thread>

#include "events.h"

namespace pgcleave_worlds {
namespace {

// A person does what the refusal says.
void fix_what_is_odd(World& world) {
  for (auto& piece : world.pieces) {
    if (piece.odd.fix.empty()) continue;
    auto database = world.admin("main");
    for (const auto& sql : piece.odd.fix) world.execute(database, sql, "main");
    piece.odd = {};
  }
}

// As long as the source serves, the target has nothing that clients were told: a person gives it up in the words that
// are asked for.
Ended roll_back(World& world, const std::string& event) {
  Ended ended = world.tool(with_environment({"rollback"}, world), event);
  const auto words = words_asked_for(ended.output);
  const auto gate = ended.output.find("gate "), colon = ended.output.find(':', gate);
  if (ended.code != 6 || words.empty() || colon == std::string::npos) return ended;
  world.everybody_rests();
  const bool source_serves = world.serving_side() == Serves::source;
  world.everybody_goes_on();
  if (!source_serves) return ended;
  const auto approval = ended.output.substr(gate + 5, colon - gate - 5) + "=" + words;
  return world.tool(with_environment({"rollback", "--approve", approval}, world), event + " in words");
}

// A run that stopped in between: what a person would type, until it stands somewhere.
void settle(World& world, const std::string& event, const std::vector<std::string>& approvals, bool& split) {
  bool refused = true;  // nothing had begun
  for (int attempt = 0; attempt < 4; ++attempt) {
    auto words = with_environment({attempt < 2 ? "resume" : "rollback"}, world);
    if (attempt < 2) words.insert(words.end(), approvals.begin(), approvals.end());
    const auto once = [&] {
      return attempt < 2 ? world.tool(words, event + ", resume") : roll_back(world, event + ", rollback");
    };
    Ended ended = once();
    for (int again = 0; ended.code == 7 && again < 20; ++again) {  // its guard is still at it
      std::this_thread::sleep_for(std::chrono::seconds(1));
      ended = once();
    }
    // The run that is meant is over. One that was killed before its first event is in no journal: then it is another.
    if (done(ended)) {
      // A finding's fix may say "nothing to do" too.
      const bool was_over = ended.output.find("; nothing to do") != std::string::npos;
      split = was_over ? ended.output.find("is over: done") != std::string::npos : attempt < 2;
      return;
    }
    note_refusal(world, event + ", " + words[0], ended);
    refused = refused && was_refused(ended);
    if (ended.timed_out) break;
  }
  world.undecided = !refused;
}

bool over(World& world, const std::string& runbook, Chance& chance, bool approved,
          std::chrono::milliseconds kill_after = std::chrono::milliseconds(0)) {
  if (world.phase != Phase::whole) return false;
  const std::vector<std::string> approvals{"--approve", "go", "--approve", "tested"};
  auto words = with_environment({"run", (world.settings.runbooks / (runbook + ".yml")).string()}, world);
  if (approved) words.insert(words.end(), {"--approve", "go"});
  if (approved && runbook == "maintenance-window") words.insert(words.end(), {"--approve", "tested"});
  if (chance.percent(60)) words.insert(words.end(), {"--set", "drain=terminate"});
  // Clients of a world go round the bouncers and use both classes by design; the fence is to hold them.
  words.insert(words.end(), {"--set",
                             "accept=[workload.session_goes_round, workload.pool_touches_kept, "
                             "workload.statement_crosses, workload.transaction_writes_both]"});
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Ended ended = world.tool(words, runbook, kill_after);
    world.runbook = runbook;
    bool split = done(ended);
    if (const auto at = ended.output.find("run r-"); at != std::string::npos)
      world.run_name = ended.output.substr(at + 4, ended.output.find(':', at) - at - 4);
    if (ended.code == 6) {
      world.phase = Phase::at_gate;
      return true;
    }
    if (!split) {
      if (!kill_after.count()) note_refusal(world, runbook, ended);
      if (ended.timed_out) {
        world.undecided = true;
        return true;
      }
      if (ended.code == 4) {
        const auto undone = roll_back(world, runbook + ", rollback");
        if (!done(undone)) note_refusal(world, runbook + ", rollback", undone);
      } else if (!was_refused(ended) && ended.code != 7) {
        settle(world, runbook,
               runbook == "maintenance-window" ? approvals : std::vector<std::string>{"--approve", "go"}, split);
      }
    }
    if (split) {
      world.phase = Phase::split;
      return true;
    }
    if (world.undecided || kill_after.count()) return true;
    if (attempt == 0) fix_what_is_odd(world);
  }
  return true;
}

bool rollback(World& world, Chance&) {
  if (world.phase == Phase::at_gate) {
    const Ended ended = roll_back(world, "rollback from the gate");
    if (done(ended))
      world.is_whole_again();
    else
      note_refusal(world, "rollback from the gate", ended);
    return true;
  }
  if (world.phase != Phase::split) return false;
  if (world.runbook == "maintenance-window") return rollback_that_gives_up(world);
  const Ended ended = world.tool(with_environment({"rollback", world.run_name}, world), "rollback");
  if (done(ended)) {
    world.is_whole_again();
    return true;
  }
  note_refusal(world, "rollback", ended);
  if (ended.code == 6) {  // shared tables were written there: nobody gives that up
    const Ended no = world.tool(with_environment({"resume", world.run_name, "--approve", "give_up=no"}, world),
                                "rollback, not approved");
    world.undecided = no.code != 3;
    return true;
  }
  if (was_refused(ended)) return true;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Ended again = world.tool(with_environment({"resume", world.run_name}, world), "rollback, resume");
    if (done(again)) {
      world.is_whole_again();
      return true;
    }
    note_refusal(world, "rollback, resume", again);
    if (was_refused(again)) return true;  // the rollback is over: a further resume is of the split
    std::this_thread::sleep_for(std::chrono::seconds(5));
  }
  world.undecided = true;
  return true;
}

bool resume(World& world, Chance&) {
  if (world.phase != Phase::at_gate) return false;
  const Ended ended = world.tool(with_environment({"resume", "--approve", "go"}, world), "resume at the gate");
  if (done(ended)) {
    world.phase = Phase::split;
    return true;
  }
  note_refusal(world, "resume at the gate", ended);
  if (ended.code == 8 || ended.code == 5 || ended.timed_out) {
    bool split = false;
    settle(world, "resume at the gate", {"--approve", "go"}, split);
    if (split)
      world.phase = Phase::split;
    else
      world.is_whole_again();
  } else {
    const Ended back = roll_back(world, "rollback from the gate");
    if (done(back))
      world.is_whole_again();
    else if (back.code != 6)
      world.undecided = true;
  }
  return true;
}

bool cleanup(World& world, Chance&) {
  if (world.phase != Phase::split) return false;
  const auto once = [&] {
    return world.tool(with_environment({"run", (world.settings.runbooks / "cleanup.yml").string(), "--approve", "go",
                                        "--approve", "go=" + world.split_name},
                                       world),
                      "cleanup");
  };
  Ended ended = once();
  if (ended.output.find("session_goes_round") != std::string::npos) {
    note_refusal(world, "cleanup", ended);
    world.end_those_who_go_round();
    ended = once();
  }
  if (done(ended))
    world.phase = Phase::cleaned;
  else
    note_refusal(world, "cleanup", ended);
  return true;
}

bool fence(World& world, Chance&) {
  if (world.phase != Phase::split && world.phase != Phase::cleaned) return false;
  const Ended ended =
      world.tool(with_environment({"run", (world.settings.runbooks / "fence.yml").string()}, world), "fence");
  if (done(ended))
    world.created_since.clear();
  else
    note_refusal(world, "fence", ended);
  return true;
}

// After a rollback the first one's fence still stands on the tables.
bool another_name(World& world, Chance& chance) {
  if (world.phase != Phase::whole || world.run_name.empty()) return false;
  const std::string before = world.split_name;
  world.split_name = "again";
  world.write_split();
  over(world, "promote-standby", chance, true);
  if (world.phase == Phase::whole) world.split_name = before;
  if (world.phase == Phase::whole) world.write_split();
  return true;
}

bool killed(World& world, Chance& chance) {
  const bool physical = chance.percent(50);
  return over(world, physical ? "promote-standby" : "logical-switchover", chance, true,
              std::chrono::milliseconds(chance.between(200, 2200)));
}

}  // namespace

bool split_over(World& world, const std::string& runbook, Chance& chance) {
  return over(world, runbook, chance, true);
}

const std::vector<EventKind>& tool_events() {
  static const std::vector<EventKind> all{
      {"promote-standby", [](World& w, Chance& c) { return over(w, "promote-standby", c, true); }},
      {"logical-switchover", [](World& w, Chance& c) { return over(w, "logical-switchover", c, true); }},
      {"logical-switchover to its gate", [](World& w, Chance& c) { return over(w, "logical-switchover", c, false); }},
      {"maintenance-window", [](World& w, Chance& c) { return over(w, "maintenance-window", c, true); }},
      {"killed", killed},
      {"split under another name", another_name},
      {"resume", resume},
      {"rollback", rollback},
      {"cleanup", cleanup},
      {"fence", fence}};
  return all;
}

}  // namespace pgcleave_worlds

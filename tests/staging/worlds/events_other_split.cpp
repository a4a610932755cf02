// What people do after a split went back: they give up what the target took, and split something else.
#include <fmt/format.h>

#include <set>
#include <thread>

#include "contents.h"
#include "events.h"
#include "pieces_of.h"

namespace pgcleave_worlds {
namespace {

// What was written or deleted on the target alone. What the source has was acknowledged by it before, and stays.
std::set<std::string> of_the_target_alone(World& world) {
  auto source = world.admin("main");
  const auto there = read_contents(source);
  std::set<std::string> tokens;
  for (const auto& [token, entry] : world.ledger.entries()) {
    const bool stored = there.count.contains(token);
    if (entry.cls == Class::kept) continue;
    if (entry.cls == Class::moved && entry.side == "main" && entry.fate == Fate::present) continue;
    if ((entry.fate == Fate::present && !stored) || (entry.fate == Fate::absent && stored)) tokens.insert(token);
  }
  return tokens;
}

void swap_classes(World& world, const Contents& stored) {
  std::set<std::string> moved, kept;
  for (const auto& [token, entry] : world.ledger.entries()) {
    if (!stored.count.contains(token)) continue;
    if (entry.cls == Class::moved) moved.insert(token);
    if (entry.cls == Class::kept) kept.insert(token);
  }
  world.ledger.change_class(moved, Class::kept);
  world.ledger.change_class(kept, Class::moved);
  world.tables.swap_classes();
  for (auto& piece : world.pieces) {
    const std::vector<std::string> tables = [&] {
      std::vector<std::string> names;
      for (const auto& table : piece.tables) names.push_back(table.name);
      return names;
    }();
    piece.moved_patterns.clear();
    piece.moved_sequences.clear();
    if (piece.cls == Class::moved) {
      piece.cls = Class::kept;
      piece.kept_schemas.insert(piece.kept_schemas.end(), piece.moved_schemas.begin(), piece.moved_schemas.end());
      piece.moved_schemas.clear();
      piece.moved_tables.clear();
      piece.odd = {};
    } else if (piece.cls == Class::kept) {
      piece.cls = Class::moved;
      piece.moved_tables = tables;
    }
    for (auto& table : piece.tables) table.cls = piece.cls;
  }
}

// The other half: what stayed moves, what moved stays. The first split's fences still stand on what it moved.
bool split_of_other_tables(World& world, Chance& chance) {
  if (world.phase != Phase::whole || world.run_name.empty() || world.swapped) return false;
  static const std::set<std::string> of_one_table{"identity",
                                                  "serial",
                                                  "odd columns",
                                                  "no key, replica identity full",
                                                  "replica identity by index",
                                                  "uuid key",
                                                  "ids chosen by clients",
                                                  "row level security",
                                                  "a plain table that stays"};
  for (const auto& piece : world.pieces)
    if (piece.what == "heir of a kept table" || (piece.cls == Class::kept && !of_one_table.contains(piece.what)))
      return false;
  world.everybody_rests();
  auto database = world.admin("main");
  swap_classes(world, read_contents(database));
  world.swapped = true;
  world.anchor = "public.stays";
  world.split_name = "others";
  world.write_split();
  world.say("split.yml:\n" + world.split_text());
  world.everybody_goes_on();
  static const std::vector<std::string> runbooks{"promote-standby", "logical-switchover"};
  return split_over(world, chance.pick(runbooks), chance);
}

}  // namespace

// Users are kept out meanwhile, as the runbook's text has it: else the counts in the words would not hold.
bool rollback_that_gives_up(World& world) {
  world.everybody_rests();
  const auto given_up = of_the_target_alone(world);
  Ended ended = world.tool(with_environment({"rollback", world.run_name}, world), "rollback that gives up");
  if (ended.code == 6) {
    const auto words = words_asked_for(ended.output);
    if (words.empty())
      world.ledger.broken("rollback asks for no words", "though the target alone has rows that were acknowledged");
    ended = world.tool(with_environment({"resume", world.run_name, "--approve", "give_up=" + words}, world),
                       "rollback that gives up, in words");
  } else if (done(ended) && !given_up.empty()) {
    world.ledger.broken("rows are given up unasked", fmt::format("{} of the target alone", given_up.size()));
  }
  if (done(ended)) {
    world.ledger.may_differ(given_up);
    world.is_whole_again();
  } else {
    note_refusal(world, "rollback that gives up", ended);
    if (!was_refused(ended)) world.undecided = true;
  }
  world.everybody_goes_on();
  return true;
}

const std::vector<EventKind>& other_split_events() {
  static const std::vector<EventKind> all{{"split of other tables", split_of_other_tables}};
  return all;
}

}  // namespace pgcleave_worlds

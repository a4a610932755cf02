#include "steps/ownership/owner_repair.h"

#include <catch2/catch.hpp>

namespace pgcleave::steps {
using namespace pgcleave::world;
namespace {

using fence::Owner;

OwnerOnSide side(Owner which, std::optional<Owner> owner, int epoch) {
  OwnerOnSide on;
  on.which = which;
  on.label = which == Owner::target ? "target ci" : "source main";
  on.member = which == Owner::target ? "ci-1" : "main-1";
  on.timeline = 2;
  on.state.owner = owner;
  on.state.epoch = epoch;
  return on;
}

// Source and target say who owns; each took last under this epoch.
RepairSeen seen(Owner on_source, int source_epoch, Owner on_target, int target_epoch, const std::string& witness = "") {
  RepairSeen out{{side(Owner::source, on_source, source_epoch), side(Owner::target, on_target, target_epoch)},
                 {},
                 false,
                 false,
                 {}};
  out.owners.source.configured = out.owners.target.configured = witness;
  return out;
}

std::string in_words(const Repair& repair) {
  if (!repair.must_decide.empty()) return "refused";
  std::string text = std::string(fence::name_of(*repair.right)) + " is right";
  for (const auto& change : repair.changes)
    text += std::string("; ") + fence::name_of(change.side) + " from " + fence::name_of(change.from) + " to " +
            fence::name_of(change.to);
  return text;
}

}  // namespace

TEST_CASE("of two sides that own the one that took later is right") {
  CHECK(in_words(judge_repair(seen(Owner::source, 1, Owner::target, 7))) ==
        "target is right; source from source to nobody");
  CHECK(in_words(judge_repair(seen(Owner::source, 9, Owner::target, 7))) ==
        "source is right; target from target to nobody");
  CHECK(in_words(judge_repair(seen(Owner::source, 0, Owner::target, 7, "target, epoch 7"))) ==
        "target is right; source from source to nobody");
}

TEST_CASE("two sides that claim the same epoch, or a log that knows of something later, are for a person to decide") {
  auto same = seen(Owner::source, 7, Owner::target, 7);
  CHECK(in_words(judge_repair(same)) == "refused");
  same.decided = Owner::source;
  CHECK(in_words(judge_repair(same)) == "source is right; target from target to nobody");
  auto later = seen(Owner::source, 1, Owner::target, 7);
  later.owners.source.state.last = fence::OwnershipRow{"r-2", 9, Owner::nobody, Owner::source};
  CHECK(in_words(judge_repair(later)) == "refused");
  later.owners.source.state.last->epoch = 7;  // its own release, and then somebody's hand
  CHECK(in_words(judge_repair(later)) == "target is right; source from source to nobody");
}

TEST_CASE("a witness outranks a side that owns since an earlier epoch") {
  auto lost = seen(Owner::source, 1, Owner::nobody, 0, "target, epoch 7");
  CHECK(in_words(judge_repair(lost)) == "refused");  // its take was lost, and so may be rows
  lost.all_on_target = true;
  CHECK(in_words(judge_repair(lost)) == "target is right; source from source to nobody; target from nobody to target");
}

TEST_CASE("a side whose take was lost gets it again only if it has all that the other one wrote before") {
  auto lost = seen(Owner::nobody, 1, Owner::nobody, 1, "target, epoch 7");
  CHECK(judge_repair(lost).must_decide.find("target ci should own") == 0);
  lost.all_on_target = true;
  CHECK(in_words(judge_repair(lost)) == "target is right; target from nobody to target");
  lost.owners.target.state.owner = Owner::source;  // it lacks the release of its copy, too
  CHECK(in_words(judge_repair(lost)) == "target is right; target from source to target");
  lost.owners.target.in_recovery = true;
  CHECK(in_words(judge_repair(lost)) == "refused");
}

TEST_CASE("a witness from before its side gave ownership away proves nothing: Patroni is told after the window") {
  auto lost =
      seen(Owner::nobody, 0, Owner::nobody, 7, "target, epoch 7");  // the source took in a rollback, and failed over
  lost.all_on_source = lost.all_on_target = true;
  lost.owners.target.state.last = fence::OwnershipRow{"r-1", 8, Owner::target, Owner::nobody};
  CHECK(in_words(judge_repair(lost)) == "refused");
  lost.journal = Owner::source;
  CHECK(in_words(judge_repair(lost)) == "source is right; source from nobody to source");
  lost.owners.target.state.last = fence::OwnershipRow{"r-1", 9, Owner::nobody, Owner::target};  // it was given back
  CHECK(in_words(judge_repair(lost)) == "target is right; target from nobody to target");
}

TEST_CASE("where nobody owns and both databases and Patroni are silent the journal tells, else nobody does") {
  auto silent = seen(Owner::nobody, 1, Owner::nobody, 1);
  silent.all_on_target = true;
  CHECK(in_words(judge_repair(silent)) == "refused");
  silent.journal = Owner::target;
  CHECK(in_words(judge_repair(silent)) == "target is right; target from nobody to target");
  auto owned = seen(Owner::source, 9, Owner::nobody, 7);
  owned.journal = Owner::target;  // of an older run
  CHECK(in_words(judge_repair(owned)) == "source is right");
}

TEST_CASE("a side that can't be asked keeps everything as it is") {
  auto away = seen(Owner::source, 1, Owner::target, 7);
  away.owners.source.unseen = "no leader";
  away.decided = Owner::target;
  CHECK(in_words(judge_repair(away)) == "refused");
}

TEST_CASE("what is proven can't be decided otherwise") {
  auto proven = seen(Owner::source, 1, Owner::target, 7);
  proven.decided = Owner::source;
  CHECK(in_words(judge_repair(proven)) == "refused");
  CHECK_FALSE(judge_repair(proven).open_to_decision);
  proven.decided = Owner::target;
  CHECK(in_words(judge_repair(proven)) == "target is right; source from source to nobody");
  auto lost = seen(Owner::nobody, 1, Owner::nobody, 1, "target, epoch 7");
  CHECK(judge_repair(lost).open_to_decision);
  lost.decided = Owner::source;
  CHECK(in_words(judge_repair(lost)) == "source is right; source from nobody to source");
}

TEST_CASE("a source that was set to nobody after the target took is no place to go back to") {
  const auto blocker = [](int released, int taken, Owner on_target = Owner::target) {
    fence::OwnerState source{Owner::nobody, 1, fence::OwnershipRow{"r-1", released, Owner::source, Owner::nobody}, "",
                             ""};
    fence::OwnerState target{on_target, taken, {}, "", ""};
    return world::rollback_blocker("source main", source, target);
  };
  CHECK(blocker(7, 7).empty());
  CHECK(blocker(7, 8).empty());  // resumed between release and take
  CHECK(blocker(9, 7).find("source main was promoted without the release") == 0);
  CHECK(blocker(9, 7, Owner::nobody).empty());
}

TEST_CASE("a witness is missing where it names another, or one that an owner of this side may outrank") {
  auto on = seen(Owner::nobody, 5, Owner::target, 7, "target, epoch 7").owners;
  CHECK(on.missing_witnesses().empty());
  on.source.configured = "target, epoch 6";
  CHECK(on.missing_witnesses().empty());
  on.source.configured = "target, epoch 4";
  CHECK(on.missing_witnesses().size() == 1);
  on.target.configured = "";
  CHECK(on.missing_witnesses().size() == 2);
  CHECK(seen(Owner::source, 0, Owner::source, 0).owners.missing_witnesses().empty());  // nothing was ever split
  CHECK(seen(Owner::source, 9, Owner::nobody, 7, "target, epoch 7").owners.missing_witnesses().size() == 2);
  CHECK(seen(Owner::source, 1, Owner::target, 7, "x").owners.missing_witnesses().empty());  // both own: that is said
                                                                                            // instead
}

}  // namespace pgcleave::steps

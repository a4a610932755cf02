#include <catch2/catch.hpp>

#include "checks/fence/findings.h"

using namespace pgcleave::checks;
using pgcleave::fence::KeptFence;
using pgcleave::fence::Owner;

namespace {

using Lines = std::vector<std::string>;

FenceSeen both(std::optional<Owner> on_source, std::optional<Owner> on_target, bool standby) {
  FenceSeen seen{"ci", "split.yml", " -e lab.yml", {}, {}};
  seen.source.which = Owner::source;
  seen.source.label = "source main";
  seen.source.owner = on_source;
  seen.target.which = Owner::target;
  seen.target.label = "target ci";
  seen.target.owner = on_target;
  seen.target.in_recovery = standby;
  return seen;
}
FenceSeen split() {
  auto seen = both(Owner::nobody, Owner::target, false);
  seen.target.kept_function = KeptFence::installed;
  return seen;
}
FenceSeen prepared() {
  return both(Owner::source, Owner::source, true);
}

Lines lines(const FenceSeen& seen) {
  Lines out;
  for (const auto& finding : judge(seen))
    out.push_back(std::string(name_of(finding.severity)) + " " + finding.id + " " + finding.object);
  return out;
}

}  // namespace

TEST_CASE("before the first run there is a note, and after a clean split nothing") {
  CHECK(lines(both({}, {}, true)) == Lines{});
  CHECK(lines(prepared()).empty());
  CHECK(lines(split()).empty());
}

TEST_CASE("owners that contradict each other are named with what each side says") {
  const auto both_own = judge(both(Owner::source, Owner::target, false));
  REQUIRE(both_own.size() == 1);
  CHECK(both_own[0].id == "fence.both_own");
  CHECK(both_own[0].evidence == "source main says source; target ci says target");
  CHECK(lines(both(Owner::nobody, Owner::nobody, false)) == Lines{"blocker fence.nobody_owns split ci"});
  CHECK(lines(both(Owner::nobody, Owner::nobody, true)) == Lines{"blocker fence.nobody_owns split ci"});
  // A standby that says target does not own.
  CHECK(lines(both(Owner::nobody, Owner::target, true)) == Lines{"blocker fence.nobody_owns split ci"});
  CHECK(lines(both(Owner::target, Owner::nobody, false)) == Lines{"blocker fence.nobody_owns split ci"});
}

TEST_CASE("a side without ownership blocks, unless it is still on its way to a standby") {
  CHECK(lines(both(Owner::source, {}, true)) == Lines{"warning fence.side_not_installed split ci on target ci"});
  CHECK(lines(both(Owner::source, {}, false)) == Lines{"blocker fence.side_not_installed split ci on target ci"});
  CHECK(lines(both({}, Owner::target, false)) == Lines{"blocker fence.side_not_installed split ci on source main"});
}

TEST_CASE(
    "a moved table without a fence blocks after the split, and is only a warning while every run would fence it") {
  auto after = split();
  after.target.moved.missing = {{"ci", "later"}, {"ci", "off"}};
  after.target.triggers[{"ci", "off"}] = "pgcleave_fence_ci is disabled";
  after.source.moved.missing = {{"ci", "Here"}};
  const auto findings = judge(after);
  REQUIRE(findings.size() == 3);
  CHECK(lines(after) == Lines{"blocker fence.moved_table_unfenced table ci.\"Here\" on source main",
                              "blocker fence.moved_table_unfenced table ci.later on target ci",
                              "blocker fence.moved_table_unfenced table ci.off on target ci"});
  CHECK(findings[1].evidence == "no trigger of pgcleave");
  CHECK(findings[2].evidence == "pgcleave_fence_ci is disabled");
  CHECK(findings[2].query.find("'ci.off'::regclass") != std::string::npos);
  CHECK(findings[2].fix == "pgcleave run runbooks/fence.yml -e lab.yml");

  auto before = prepared();
  before.source.moved.missing = before.target.moved.missing = {{"ci", "later"}};
  CHECK(lines(before) == Lines{"warning fence.moved_table_unfenced table ci.later on source main"});
}

TEST_CASE("a kept table must be locked on a target that serves, and on no other") {
  auto after = split();
  after.target.kept.missing = {{"public", "users"}};
  CHECK(lines(after) == Lines{"blocker fence.kept_table_unfenced table public.users on target ci"});
  auto before = prepared();
  before.source.kept.missing = before.target.kept.missing = {{"public", "users"}};
  CHECK(lines(before).empty());
}

TEST_CASE("functions with another text are named on the side where they are") {
  auto seen = split();
  seen.source.text_fits = false;
  seen.target.kept_function = KeptFence::other;
  CHECK(lines(seen) == Lines{"blocker fence.function_differs functions of split ci on source main",
                             "blocker fence.function_differs function fence_kept_ci on target ci"});
}

TEST_CASE("a fence on a table that should have none is named with the statement that takes it away") {
  auto seen = split();
  seen.source.moved.superfluous = {{"public", "shared"}};
  seen.target.kept.superfluous = {{"ci", "builds"}};
  const auto findings = judge(seen);
  REQUIRE(findings.size() == 2);
  const std::string unless =
      "correct the split file where it leaves the table out by mistake: without the fence both "
      "sides may be written. Else: ";
  CHECK(findings[0].fix == unless + "DROP TRIGGER \"pgcleave_fence_ci\" ON public.shared");
  CHECK(findings[1].fix == unless + "DROP TRIGGER \"pgcleave_fence_kept_ci\" ON ci.builds");
}

TEST_CASE("tables in no class are named on each side that takes DDL, installed or not") {
  auto seen = both({}, {}, true);
  seen.source.unclassified = seen.target.unclassified = {{"public", "new"}};
  seen.source.split_problems = {"split.yml:3:1: no table of the database is in the schema 'x'"};
  CHECK(lines(seen) == Lines{"blocker fence.unclassified_table table public.new on source main",
                             "blocker fence.split_does_not_fit split ci on source main"});
  auto after = split();
  after.target.unclassified = {{"public", "new"}};
  CHECK(lines(after) == Lines{"blocker fence.unclassified_table table public.new on target ci"});
}

TEST_CASE("sequences in no class are named on each side that takes DDL, with what to write") {
  auto seen = both({}, {}, true);
  seen.source.unclassified_sequences = seen.target.unclassified_sequences = {{"other", "ticket_no"}};
  CHECK(lines(seen) == Lines{"blocker fence.unclassified_sequence sequence other.ticket_no on source main"});
  CHECK(judge(seen)[0].fix == "name it in split.yml: sequences: [other.ticket_no] under moved, kept or shared");
}

TEST_CASE("a side that can't be seen is a finding, and the other is judged all the same") {
  auto seen = split();
  seen.source.unseen = "source main: no answer";
  seen.source.owner.reset();
  seen.target.kept.missing = {{"public", "users"}};
  CHECK(lines(seen) == Lines{"blocker fence.side_unseen source main",
                             "blocker fence.kept_table_unfenced table public.users on target ci"});
}

TEST_CASE("a split file that says something else than the one of then blocks, table by table") {
  auto seen = split();
  seen.reclassified = {"public.a would have been kept when it was split, and is moved by split.yml",
                       "public.b was moved"};
  const auto findings = judge(seen);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].id == "fence.split_changed");
  CHECK(findings[0].severity == Severity::blocker);
  CHECK(findings[0].evidence == seen.reclassified[0]);
}

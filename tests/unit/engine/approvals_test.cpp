#include "engine/approvals.h"

#include <catch2/catch.hpp>
#include <thread>

#include "a_run.h"

namespace pgcleave::engine {
namespace {

constexpr Duration quarter = std::chrono::minutes(15);

}  // namespace

TEST_CASE("nobody has approved until somebody has, in this run and for this gate") {
  ARun run(head);
  const auto book = run.journal();
  const auto approval = approvals(book, ARun::id, {}, "ann", nullptr);
  CHECK_FALSE(approval({"go", "Go on?", "", quarter}));
  run.write("gate.approved", {{"step", "another"}, {"by", "bob"}, {"how", "by command"}});
  CHECK_FALSE(approval({"go", "Go on?", "", quarter}));
  REQUIRE(
      run.journal().append("r-another", "gate.approved", {{"step", "go"}, {"by", "bob"}}, journal::Durability::disk));
  CHECK_FALSE(approval({"go", "Go on?", "", quarter}));
  run.write("gate.approved", {{"step", "go"}, {"by", "bob"}, {"how", "by command"}});
  const auto given = approval({"go", "Go on?", "", quarter});
  REQUIRE(given);
  CHECK(given->given);
  CHECK(given->by == "bob");
  CHECK(given->how == "by command");
}

TEST_CASE("an approval expires, and can be given again") {
  ARun run(head);
  const auto book = run.journal();
  const auto approval = approvals(book, ARun::id, {}, "ann", nullptr);
  run.write("gate.approved", {{"step", "go"}, {"by", "bob"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK(approval({"go", "", "", quarter}));
  CHECK_FALSE(approval({"go", "", "", std::chrono::milliseconds(20)}));
  run.write("gate.approved", {{"step", "go"}, {"by", "cid"}});
  const auto again = approval({"go", "", "", std::chrono::seconds(5)});
  REQUIRE(again);
  CHECK(again->by == "cid");
}

TEST_CASE("an approval that was given beforehand is for the gates that were named") {
  ARun run(head);
  const auto book = run.journal();
  const auto approval = approvals(book, ARun::id, {"go"}, "ann", nullptr);
  const auto given = approval({"go", "", "", Duration(0)});
  REQUIRE(given);
  CHECK(given->by == "ann");
  CHECK(given->how.find("--approve") != std::string::npos);
  CHECK_FALSE(approval({"other", "", "", quarter}));
}

TEST_CASE("whoever is at the terminal is asked last, and may say no") {
  ARun run(head);
  const auto book = run.journal();
  std::vector<std::string> asked;
  const auto approval = approvals(book, ARun::id, {"known"}, "ann", [&](const world::Question& question) {
    asked.push_back(question.text);
    return std::optional<world::Approval>(world::Approval{false, "ann", "at the terminal", ""});
  });
  CHECK(approval({"known", "Known?", "", quarter})->given);
  CHECK(asked.empty());
  const auto answer = approval({"go", "Go on?", "", quarter});
  REQUIRE(answer);
  CHECK_FALSE(answer->given);
  CHECK(asked == std::vector<std::string>{"Go on?"});
}

TEST_CASE("a gate that asks for words is approved by these words alone, wherever they come from") {
  ARun run(head);
  const auto book = run.journal();
  const world::Question gate{"go", "Go on?", "give them up", quarter};
  const auto beforehand = [&](const std::vector<std::string>& entries) {
    return approvals(book, ARun::id, entries, "ann", nullptr)(gate);
  };
  CHECK_FALSE(beforehand({}));
  CHECK_FALSE(beforehand({"other=give them up"}));
  for (const char* wrong : {"go", "go=", "go=give them", "go=Give them up", "go=give them up "}) {
    INFO(wrong);
    const auto answer = beforehand({wrong});
    REQUIRE(answer);
    CHECK_FALSE(answer->given);
  }
  const auto right = beforehand({"go=give them up"});
  REQUIRE(right);
  CHECK(right->given);
  CHECK(right->words == "give them up");

  run.write("gate.approved", {{"step", "go"}, {"by", "bob"}, {"how", "by command"}});
  CHECK_FALSE(beforehand({}));
  run.write("gate.approved", {{"step", "go"}, {"by", "bob"}, {"how", "by command"}, {"words", "give up"}});
  CHECK_FALSE(beforehand({}));
  run.write("gate.approved", {{"step", "go"}, {"by", "bob"}, {"how", "by command"}, {"words", "give them up"}});
  const auto given = beforehand({});
  REQUIRE(given);
  CHECK(given->given);
  CHECK(given->words == "give them up");

  const world::Question plain{"go", "Go on?", "", quarter};
  CHECK_FALSE(approvals(book, ARun::id, {}, "ann", nullptr)(plain));
  CHECK_FALSE(approvals(book, ARun::id, {"go=give them up"}, "ann", nullptr)(plain)->given);
}

}  // namespace pgcleave::engine

// Before a promoted cluster is made a standby again it says itself that it may: real servers, and a stand-in for its
// Patroni.
#include <atomic>

#include "fenced_split.h"
#include "postgres/wal.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;
using pgcleave::postgres::test::soon;

constexpr const char* reattach_kind = "patroni.reattach";

Json reattaching_with(const std::string& given_up = "", const Json& classes = Json::array({"kept", "shared"})) {
  return {{"cluster", "target"},     {"standby_cluster", {{"host", "10.0.0.1"}}},
          {"common_checkpoint", ""}, {"classes", classes},
          {"given_up", given_up},    {"reclone", "never"}};
}

// A target that was promoted beside its source, and owns nothing.
struct Split {
  Split() {
    name_tables(sides.world);
    sides.world.split_file.shared.tables = {{"kept.audit", {}}};
    on_target("SELECT pg_promote()");
  }
  static SplitDatabase& prepared(SplitDatabase& source) {
    source.install();
    source.set_owner(Owner::nobody);
    return source;
  }
  // In a session that ends, so that it hands in its counters.
  void on_target(const std::string& sql) {
    auto session = target.connect();
    postgres::test::run(session, sql);
  }
  bool asks_for(const Json& with, const std::string& words) {
    const auto done = sides.apply(reattach_kind, with, 14s);
    REQUIRE_FALSE(done);
    INFO(done.error().text());
    CHECK(done.error().kind == ErrorKind::waiting);
    CHECK(done.error().expected == words);
    return done.error().kind == ErrorKind::waiting && patches == 0;
  }
  // Nobody makes it a standby here: it is let through when the PATCH is sent.
  bool lets_through(const Json& with) {
    const auto done = sides.apply(reattach_kind, with, 3s);
    INFO(problem(done));
    CHECK(done.error().kind == ErrorKind::timed_out);
    return patches == 1;
  }

  std::atomic<int> patches{0};
  SplitDatabase source{main_server()};
  Server target{"ci", (static_cast<void>(prepared(source)), main_server())};
  TwoSides sides{main_server(), target, [this] {
                   ++patches;
                   return patroni::answer(200, "{}");
                 }};
};

}  // namespace

TEST_CASE("a promoted cluster that owns by its own value is not made a standby, whatever the journal says") {
  Split split;
  split.on_target("SELECT setval('pgcleave.owner_ci', 2)");
  const auto done = split.sides.apply(reattach_kind, reattaching_with(), 5s);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::conflict);
  CHECK(says(done.error().text(), "owns the moved tables by its own owner value"));
  CHECK(split.patches == 0);

  const Json promoted{{"standby_cluster", {{"host", "10.0.0.1"}}}};
  const auto undone = split.sides.undo("patroni.promote", {{"cluster", "target"}}, promoted);
  CHECK(says(problem(undone), "owns the moved tables by its own owner value"));
  CHECK(split.patches == 0);
}

TEST_CASE("a promoted cluster without rows of its own is made a standby, and nobody is asked") {
  Split split;
  split.on_target("INSERT INTO moved.builds VALUES (1)");  // reverse replication has carried it
  CHECK(split.lets_through(reattaching_with()));
}

TEST_CASE(
    "rows that only the promoted cluster has are given up in words that name tables and counts, and in no others") {
  Split split;
  split.on_target("INSERT INTO kept.users VALUES (1), (2); INSERT INTO kept.audit VALUES (1)");
  CHECK(split.asks_for(reattaching_with(), "give up 2 rows of kept.users, 1 row of kept.audit"));
  CHECK(
      split.asks_for(reattaching_with("give up the test writes"), "give up 2 rows of kept.users, 1 row of kept.audit"));
  split.on_target("INSERT INTO moved.builds VALUES (1)");
  const Json all = Json::array({"moved", "kept", "shared"});
  const std::string three = "give up 2 rows of kept.users, 1 row of kept.audit, 1 row of moved.builds";
  CHECK(split.asks_for(reattaching_with("give up 2 rows of kept.users, 1 row of kept.audit", all), three));
  CHECK(split.lets_through(reattaching_with(three, all)));
}

TEST_CASE("an undo of the promotion asks for the rows before anything is undone, and heeds an approval of its step") {
  Split split;
  split.on_target("DELETE FROM kept.users; INSERT INTO kept.audit VALUES (1)");
  const Json with{{"cluster", "target"}};
  const Json promoted{{"standby_cluster", {{"host", "10.0.0.1"}}}};
  Context context{split.sides.world, "promote", with, Deadline::in(14s), nullptr};
  const auto* kind = find("patroni.promote");
  const auto refused = kind->may_undo(context, promoted);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::waiting);
  CHECK(refused.error().object == "gate promote");
  CHECK(says(refused.error().text(), "kept.audit 1 (shared)"));
  CHECK(says(refused.error().text(), "pgcleave approve r-20260101-000000-0001 promote --words"));
  split.sides.world.approvers = world::Approvers([](const Question& question) {
    CHECK_FALSE(question.at_the_terminal);
    return std::optional<Approval>(
        {question.words == "give up 1 row of kept.audit", "ann", "by command", question.words});
  });
  CHECK(problem(kind->may_undo(context, promoted)) == "");
}

TEST_CASE("what counters can't tell is given up in words too: a table that was emptied, counters that were reset") {
  Split split;
  split.on_target("TRUNCATE kept.audit");
  CHECK(split.asks_for(reattaching_with(), "give up what cannot be counted"));
  split.on_target("INSERT INTO kept.users VALUES (1)");
  CHECK(split.asks_for(reattaching_with("give up what cannot be counted"),
                       "give up 1 row of kept.users and what cannot be counted"));
  const auto text = split.sides.observe("check.discarded_writes",
                                        {{"on", "target"}, {"classes", {"kept", "shared"}}, {"wait", "1s"}});
  REQUIRE(problem(text) == "");
  CHECK(says(text->evidence, "kept.audit was truncated or rewritten"));
  CHECK(text->outputs.at("words") == "give up 1 row of kept.users and what cannot be counted");
  CHECK(split.lets_through(reattaching_with("give up 1 row of kept.users and what cannot be counted")));
}

TEST_CASE("what a rollback would give up is not told before sessions have handed in what they wrote") {
  Split split;
  auto client = split.target.connect();  // stays, and hands in its counters when it likes to
  postgres::test::run(client, "INSERT INTO kept.users VALUES (1)");
  const Json with{{"on", "target"}, {"classes", {"kept", "shared"}}, {"wait", "60s"}};
  const auto early = split.sides.apply("check.discarded_writes", with, 500ms);
  REQUIRE_FALSE(early);
  CHECK(early.error().kind == ErrorKind::timed_out);
}

TEST_CASE("a writer whose transaction is open keeps a cluster from being made a standby: nobody could count its rows") {
  Split split;
  auto writer = split.target.connect();
  postgres::test::run(writer, "BEGIN");
  postgres::test::run(writer, "INSERT INTO kept.audit VALUES (1)");
  const auto done = split.sides.apply(reattach_kind, reattaching_with(), 25s);
  REQUIRE_FALSE(done);
  INFO(done.error().text());
  CHECK(says(done.error().text(), "somebody writes tables there"));
  CHECK(split.patches == 0);
  postgres::test::run(writer, "COMMIT");
}

TEST_CASE("a cluster that can't be asked is not made a standby") {
  Split split;
  TwoSides blind(main_server().port(), postgres::test::free_port(), [&] {
    ++split.patches;
    return patroni::answer(200, "{}");
  });
  name_tables(blind.world);
  CHECK_FALSE(blind.apply(reattach_kind, reattaching_with(), 3s));
  CHECK(split.patches == 0);
}

}  // namespace pgcleave::steps::test

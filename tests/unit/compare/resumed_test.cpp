// Whoever dies leaves a comparison that another process ends, with the same verdict, and without reading it all again.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "kept_comparison.h"

namespace pgcleave::compare::test {
namespace {

// In a process of its own, which is killed at some instant after it has done some blocks. False: it came to its end.
bool killed(const Request& given, int blocks, std::chrono::microseconds then) {
  int done[2];
  REQUIRE(pipe(done) == 0);
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(done[0]);
    auto request = given;
    request.say = nullptr;
    std::int64_t first = -1;
    request.tell = [&](const Progress& now) {
      if (first < 0) first = now.blocks - 1;
      if (now.blocks - first >= blocks) static_cast<void>(!write(done[1], ".", 1));
    };
    const auto outcome = compare_tables(request);
    _exit(outcome ? 0 : 1);
  }
  close(done[1]);
  char dot = 0;
  while (read(done[0], &dot, 1) < 0 && errno == EINTR) {
  }
  close(done[0]);
  std::this_thread::sleep_for(then);
  kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status);
}

}  // namespace

TEST_CASE("a comparison that is killed again and again comes to the same verdict, and does no block more than twice") {
  KeptComparison sides;
  sides.fill("t", 60000);
  sides.bend(7);
  sides.bend(29000);
  run(sides.copy, "DELETE FROM cmp.t WHERE id = 59999");
  const auto expected = "changed id 29000 (note), missing id 59999, changed id 7 (note)";
  const auto whole = sides.compare_one("t");
  CHECK(in_words(whole) == expected);
  CHECK(sides.kept("jobs") == 0);
  const auto once = sides.blocks_read();
  REQUIRE(once.size() > 200);

  std::mt19937 random(std::random_device{}());
  sides.request.tables = {{"cmp", "t"}};
  sides.request.jobs = 3;  // others' blocks are under way when one is kept
  int kills = 0;
  for (; kills < 10 && killed(sides.request, 4, std::chrono::microseconds(random() % 60000)); ++kills) sides.resume();
  CHECK(kills == 10);
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == expected);
  CHECK(result.rows == 60000);
  CHECK(result.blocks == whole.blocks);
  const auto read = sides.blocks_read();
  CHECK(read.size() == once.size());
  // A block that is under way when the process is killed is done in vain, whatever was kept: one of each job at most.
  int more = 0;
  int thrice = 0;
  for (const auto& [block, times] : read) {
    INFO(block);
    CHECK(times <= 3 * once.at(block));
    if (times > once.at(block)) ++more;
    if (times > 2 * once.at(block)) ++thrice;
  }
  CHECK(thrice <= kills * sides.request.jobs);
  CHECK(more <= kills * 33);
  CHECK(sides.kept("jobs") == 0);
  CHECK(sides.kept("compared_rows") == 0);
}

TEST_CASE("tables that were ended are not read again, and rows that differed are judged again at the end") {
  KeptComparison sides;
  sides.fill("a", 1000);
  sides.fill("t", 3000);
  for (const auto id : {5, 6, 2000}) sides.bend(id);
  run(sides.copy, "UPDATE cmp.a SET note = 'hush' WHERE id = 9");
  StopFlag stop;
  sides.request.patience.stop = &stop;
  sides.request.tell = [&](const Progress& now) {
    if (now.table == "cmp.t" && now.blocks >= 7) stop.request();
  };
  sides.request.tables = {{"cmp", "a"}, {"cmp", "t"}};
  const auto stopped = compare_tables(sides.request);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(sides.said.find("pgcleave compare --resume v-1") != std::string::npos);
  CHECK(sides.kept("compared_rows") == 3);
  const auto all_kept = run(sides.original,
                            "SELECT string_agg(j::text || t.state::text || r::text, ' ') AS text FROM pgcleave.jobs j, "
                            "pgcleave.compared_tables t, pgcleave.compared_rows r");
  CHECK(all_kept.text(0, "text").find("hush") == std::string::npos);
  CHECK(all_kept.text(0, "text").find("row 5") == std::string::npos);
  run(sides.copy, "UPDATE cmp.t SET note = 'row 5' WHERE id = 5");

  static_cast<void>(sides.blocks_read());
  stop.clear();
  sides.request.tell = nullptr;
  sides.resume();
  sides.request.keeping->id = "";  // the newest one
  const auto outcome = sides.compare({});
  REQUIRE(outcome.tables.size() == 2);
  CHECK(in_words(outcome.tables.at(0)) == "changed id 9 (note)");
  CHECK(in_words(outcome.tables.at(1)) == "changed id 2000 (note), changed id 6 (note)");
  CHECK(outcome.tables.at(1).differences.at(1).columns.at(0).copy.text == "hush");
  CHECK(outcome.rows() == 4000);
  CHECK(outcome.ended);
  CHECK(outcome.id == "v-1");
  for (const auto& [block, times] : sides.blocks_read()) CHECK(block.find("\"cmp\".\"a\"") == std::string::npos);
  CHECK(sides.kept("jobs") == 0);
}

TEST_CASE("a table whose rows have no key, and one that has changed, is compared from its beginning") {
  KeptComparison sides;
  sides.both("CREATE TABLE cmp.a (n int, note text); INSERT INTO cmp.a SELECT g, 'x' FROM generate_series(1, 500) g");
  sides.fill("t", 3000);
  run(sides.copy, "UPDATE cmp.a SET note = 'hush' WHERE n = 9");
  sides.request.tables = {{"cmp", "a"}, {"cmp", "t"}};
  StopFlag stop;
  sides.request.patience.stop = &stop;
  sides.request.tell = [&](const Progress& now) {
    if (now.table == "cmp.t" && now.blocks >= 7) stop.request();
  };
  REQUIRE_FALSE(compare_tables(sides.request));
  CHECK(sides.kept("compared_rows") == 0);
  sides.both("ALTER TABLE cmp.t ADD COLUMN more int");
  run(sides.copy, "UPDATE cmp.t SET more = 1 WHERE id = 4");
  stop.clear();
  sides.request.tell = nullptr;
  sides.resume();
  const auto outcome = sides.compare({});
  CHECK(in_words(outcome.tables.at(0)) == "extra (9, hush), missing (9, x)");
  CHECK(in_words(outcome.tables.at(1)) == "changed id 4 (more)");
}

TEST_CASE("what the time was too short for is kept, and what is compared later is all of it") {
  KeptComparison sides;
  sides.fill("t", 3000);
  sides.bend(7);
  sides.request.longest = 300ms;
  sides.request.tell = [](const Progress&) { Monotonic::sleep_for(400ms); };
  const auto first = sides.compare({"t"});
  CHECK_FALSE(first.ended);
  CHECK(first.id == "v-1");
  CHECK(in_words(first.tables.at(0)) == "the time of 300ms was over: only up to id 300, changed id 7 (note)");
  sides.resume();
  sides.request.longest = 1ms;
  const auto second = sides.compare({});
  CHECK(second.tables.at(0).undecided == std::vector<std::string>{"id 7"});
  sides.request.longest = {};
  sides.request.tell = nullptr;
  CHECK(in_words(sides.compare({}).tables.at(0)) == "changed id 7 (note)");
  const auto none = compare_tables(sides.request);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::invalid);
}

TEST_CASE("a comparison that is resumed compares the shape of partitioned tables, too, and of no others") {
  KeptComparison sides;
  sides.both(
      "CREATE TABLE cmp.p (id int, note text) PARTITION BY RANGE (id); CREATE TABLE cmp.other (id int) PARTITION BY "
      "RANGE (id)");
  run(sides.copy, "ALTER TABLE cmp.p ALTER note SET DEFAULT 'x'; ALTER TABLE cmp.other ALTER id SET DEFAULT 1");
  sides.fill("t", 3000);
  sides.request.parents = {{"cmp", "p"}};
  sides.request.longest = 1ms;
  CHECK_FALSE(sides.compare({"t"}).ended);
  sides.resume();
  sides.request.parents.clear();
  sides.request.longest = {};
  const auto outcome = sides.compare({});
  CHECK(outcome.tables.size() == 1);
  CHECK(outcome.shape.not_compared == "");
  REQUIRE(outcome.shape.differences.size() == 1);
  CHECK(outcome.shape.differences.at(0).in_words(sides.request.labels) == "default of note is on target ci only");
  CHECK(sides.said.find("goes on with comparison v-1: 1 table, ") != std::string::npos);
}

TEST_CASE("a lease keeps two runners of one comparison apart") {
  KeptComparison sides;
  sides.fill("t", 30000);
  auto first = sides.request;
  first.most_rows = first.first_rows = 100;
  first.original = [open = first.original](Deadline deadline) -> Result<postgres::Connection> {
    TRY_ASSIGN(auto session, open(deadline));
    TRY(session.simple("SET application_name TO 'first'", deadline));
    return session;
  };
  Running runs(first);
  run(sides.original, "UPDATE pgcleave.jobs SET hold = true");
  sides.resume();
  sides.request.keeping->patience = 100ms;
  const auto second = compare_tables(sides.request);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::held);
  CHECK_FALSE(runs.over);
  sides.request.keeping->take_over = true;
  std::thread release([&] {
    auto session = main_server().connect();
    Monotonic::sleep_for(700ms);
    run(session, "UPDATE pgcleave.jobs SET hold = false");
  });
  CHECK(in_words(sides.compare({}).tables.at(0)) == "");
  release.join();
  const auto& lost = runs.end();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::conflict);
}

TEST_CASE("its own session may end: the comparison claims itself anew, and goes on") {
  KeptComparison sides;
  sides.fill("t", 30000);
  Running runs(sides.request);
  const auto pid = run(sides.original, "UPDATE pgcleave.jobs SET hold = true RETURNING pid").text(0, "pid");
  run(sides.original, "SELECT pg_terminate_backend(" + pid + ")");
  run(sides.original, "UPDATE pgcleave.jobs SET hold = false");
  const auto& outcome = runs.end();
  INFO((outcome ? "" : outcome.error().text()));
  REQUIRE(outcome);
  CHECK(in_words(outcome->tables.at(0)) == "");
  CHECK(sides.kept("jobs") == 0);
}

TEST_CASE("where nothing can be kept, it is compared all the same, and said that it can't be resumed") {
  KeptComparison sides;
  sides.fill("t", 3000);
  sides.bend(7);
  run(sides.original,
      "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA cmp TO reader; GRANT SELECT ON "
      "ALL TABLES IN SCHEMA cmp TO reader");
  SECTION("by a role that may not write") {
    sides.request.original = [](Deadline deadline) {
      return postgres::Connection::open(main_server().settings("reader"), deadline);
    };
    CHECK(in_words(sides.compare_one("t")) == "changed id 7 (note)");
    CHECK(sides.said.find("it can't be resumed, held or paced: ") != std::string::npos);
  }
  SECTION("since nothing is to be kept") {
    sides.request.keeping.reset();
    CHECK(in_words(sides.compare_one("t")) == "changed id 7 (note)");
    CHECK(sides.said.empty());
  }
  CHECK(run(sides.original, "SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty());
  run(sides.original, "DROP OWNED BY reader; DROP ROLE reader");
}

TEST_CASE("keeping is cheap: about once a second, and few dead rows") {
  KeptComparison sides;
  sides.fill("t", 60000);
  Running runs(sides.request, 2);
  const auto& outcome = runs.end();
  REQUIRE(outcome);
  const auto blocks = outcome->tables.at(0).blocks;
  CHECK(blocks > 200);
  std::size_t updates = 0;
  const auto log = main_server().log();
  const auto from = log.rfind("INSERT INTO pgcleave.compared_tables VALUES");
  REQUIRE(from != std::string::npos);
  for (auto at = log.find("UPDATE pgcleave.jobs", from); at != std::string::npos;
       at = log.find("UPDATE pgcleave.jobs", at + 1))
    ++updates;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(outcome->time).count();
  CHECK(updates <= static_cast<std::size_t>(blocks / 32 + 4 * (seconds + 1) + 2));
}

}  // namespace pgcleave::compare::test

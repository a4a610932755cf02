// Rows through a program, on a real server.
#include "data/program_change.h"

#include <thread>

#include "a_job.h"

namespace pgcleave::data {
namespace {

using test::App;
using test::Hands;
using test::main_server;
using test::run;
using test::soon;
using namespace std::chrono_literals;
using Catch::Contains;

// Awk knows a row's parts here by their places: {"id":1,"body":"b1"}
const std::string upper = R"sh(while read -r line; do
  id=${line#*:}; id=${id%%,*}
  body=${line##*:\"}; body=${body%%\"*}
)sh";

std::vector<std::string> shell(const std::string& each) {
  return {"sh", "-c", upper + each + "\ndone"};
}

struct Docs {
  explicit Docs(int rows = 300) {
    run(app.admin,
        "CREATE TABLE app.docs (id int PRIMARY KEY, version int, body text, size numeric(8,2)); INSERT INTO "
        "app.docs SELECT i, 1, 'b' || i, NULL FROM generate_series(1, " +
            std::to_string(rows) + ") i");
  }
  Hands through(const std::vector<std::string>& program, Duration patience = 30s) {
    Task task;
    task.id = "r-1/migrate";
    task.table = {"app", "docs"};
    task.change = std::make_shared<ProgramChange>(VersionStep{"version", 1, 2}, std::vector<std::string>{"body"},
                                                  std::vector<std::string>{"body", "size"},
                                                  std::make_unique<RowProgram>(program, patience, &stop));
    task.by = WalkBy::heap;
    return Hands(task);
  }
  std::string refused(const std::vector<std::string>& program, Duration patience = 30s) {
    run(app.admin, "DROP TABLE IF EXISTS pgcleave.job_skips, pgcleave.jobs");  // it is another job each time
    const auto error = through(program, patience).error();
    CHECK(app.count("app.docs WHERE version = 2 AND body NOT LIKE 'up-%'") == 0);
    return error.text();
  }
  StopFlag stop;
  App app;
};

const std::string good = R"(echo "{\"id\":$id,\"body\":\"up-$body\",\"size\":${#body}.25}")";

}  // namespace

TEST_CASE("a program makes each row anew exactly once, and numbers come through as it writes them") {
  Docs docs(5000);
  auto hands = docs.through(shell(good));
  const auto job = hands.done();
  CHECK(job.changed == 5000);
  CHECK(job.over);
  CHECK(docs.app.count("app.docs WHERE version = 2 AND body = 'up-b' || id AND size = length(body) - 3 + 0.25") ==
        5000);
}

TEST_CASE("a row that a client changes while the program works on it is left alone, and found by another pass") {
  Docs docs(40);
  std::thread client([&] {
    auto session = main_server().connect();
    for (int i = 0; i < 60; ++i) {
      run(session, "UPDATE app.docs SET body = body || 'c' WHERE id % 3 = 0 AND version = 1");
      std::this_thread::sleep_for(20ms);
    }
  });
  auto hands = docs.through(shell("sleep 0.01; " + good));
  const auto job = hands.done();
  client.join();
  CHECK(job.changed == 40);
  CHECK(job.at.pass > 1);
  CHECK(docs.app.count("app.docs WHERE version = 2") == 40);
  // What a client wrote is in what the program was given, or came after it.
  CHECK(docs.app.count("app.docs WHERE body !~ '^up-b[0-9]+c*$'") == 0);
}

TEST_CASE("a program that answers wrongly, ends, floods or is silent stops the job, and its row is named") {
  Docs docs;
  const auto why = [&](const std::string& at_17, Duration patience = 30s) {
    return docs.refused(shell("if [ $id = 17 ]; then " + at_17 + "; else " + good + "; fi"), patience);
  };
  CHECK_THAT(why(R"(echo '{"id":18,"body":"x","size":1}')"),
             Contains("row id 17 of app.docs: answers row id 17 wrongly: another key"));
  CHECK_THAT(why("echo nonsense"), Contains("no JSON object"));
  CHECK_THAT(why(R"(printf '{"id":17,"body":"\377","size":1}\n')"), Contains("no JSON object in UTF-8"));
  CHECK_THAT(why(R"(echo '{"id":17,"body":"x"}')"), Contains("column size is missing"));
  CHECK_THAT(why(R"(echo '{"id":17,"body":"x","size":1,"more":1}')"), Contains("column more is not among `write`"));
  CHECK_THAT(why(R"(echo '{"id":17,"body":"up-x","size":"large"}')"), Contains("numeric"));
  CHECK_THAT(why(R"(echo '{"id":17,"body":"up-x","size":12345678.5}')"), Contains("numeric field overflow"));
  CHECK_THAT(why("exit 3"), Contains("row id 17 of app.docs: ended after 0 of 1 rows, with exit code 3"));
  CHECK_THAT(why("kill -9 $$"), Contains("with exit code 137"));
  CHECK_THAT(why("while :; do echo x; done"), Contains("row id 17"));
  CHECK_THAT(why("head -c 99999999 /dev/zero | tr '\\0' x"), Contains("without an end of line"));
  CHECK_THAT(why("sleep 60", 3s), Contains("the next is row id 17"));
  CHECK_THAT(docs.refused({"/no/such/program"}), Contains("can't be started"));
  CHECK(docs.app.count("app.docs WHERE id = 17 AND version = 1") == 1);
}

TEST_CASE("rows that a program refuses are left out where the runbook says so") {
  Docs docs;
  auto hands = docs.through(shell("[ $((id % 100)) != 50 ] || exit 1; " + good));
  hands.work.on_bad_row = OnBadRow::skip;
  const auto job = hands.done();
  CHECK(job.changed == 297);
  CHECK(job.skipped == 3);
  CHECK(docs.app.count("pgcleave.job_skips WHERE error LIKE '%exit code 1%'") == 3);
}

TEST_CASE("a stop is heeded while a program is silent") {
  Docs docs;
  auto hands = docs.through(shell("sleep 60"), 60s);
  std::thread stopper([&] {
    std::this_thread::sleep_for(300ms);
    docs.stop.request();
  });
  const auto began = Monotonic::now();
  CHECK(hands.error().kind == ErrorKind::interrupted);
  CHECK(Monotonic::now() - began < 20s);
  stopper.join();
}

TEST_CASE("a program's change is refused where it names no column, the version, or one that is not there") {
  Docs docs;
  const auto why = [&](std::vector<std::string> read, std::vector<std::string> write) {
    ProgramChange change({"version", 1, 2}, std::move(read), std::move(write),
                         std::make_unique<RowProgram>(std::vector<std::string>{"cat"}, 1s, nullptr));
    if (const auto checked = change.check(); !checked) return checked.error().object + " " + checked.error().what;
    const auto table = read_table(docs.app.admin, {"app", "docs"}, soon());
    const auto checked = change.check_table(*table, {});
    return checked ? std::string() : checked.error().object + " " + checked.error().what;
  };
  CHECK(why({"body"}, {}) == "write names no column that the program makes");
  CHECK(why({}, {"body"}) == "read names no column that the program needs");
  CHECK(why({"body"}, {"body", "version"}) == "write names the version, which pgcleave sets");
  CHECK(why({"body"}, {"nix"}) == "column \"nix\" of app.docs does not exist");
  CHECK(why({"nix"}, {"body"}) == "column \"nix\" of app.docs does not exist");
  CHECK(why({"body"}, {"body"}) == "");
  run(docs.app.admin, "ALTER TABLE app.docs DROP CONSTRAINT docs_pkey");
  CHECK_THAT(docs.refused(shell(good)), Contains("has no key by which a program's rows could be told"));
}

}  // namespace pgcleave::data

// A table whose changes an audit trigger counts, and a runner with a session of its own.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "data/build_session.h"
#include "data/row_change.h"
#include "data/runner.h"
#include "postgres/server.h"

namespace pgcleave::data::test {

using namespace std::chrono_literals;
using postgres::test::main_server;
using postgres::test::run;
using postgres::test::Schema;
using postgres::test::soon;

// Tables of a test, in schema app.
struct App {
  App() : admin(main_server().connect()), schema(admin, "app") {
    run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    run(admin, R"sql(
      CREATE TABLE app.audit (id text, old text, new text);
      CREATE FUNCTION app.audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO app.audit VALUES (to_jsonb(new) ->> 'id', to_jsonb(old) ->> 'a', to_jsonb(new) ->> 'a');
        RETURN NULL;
      END $$)sql");
  }
  ~App() { static_cast<void>(admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  void audit(const std::string& table) {
    run(admin, "CREATE TRIGGER audit AFTER UPDATE ON " + table + " FOR EACH ROW EXECUTE FUNCTION app.audit_row()");
  }
  // Rows that the audit saw changed, and the most changes of one row.
  std::pair<std::int64_t, std::int64_t> changes() {
    const auto rows = run(admin,
                          "SELECT count(*) AS rows, COALESCE(max(n), 0) AS most FROM (SELECT count(*) AS n FROM "
                          "app.audit GROUP BY id) s");
    return {rows.number(0, "rows"), rows.number(0, "most")};
  }
  std::int64_t count(const std::string& of) { return run(admin, "SELECT count(*) AS n FROM " + of).number(0, "n"); }
  Job job(const std::string& id = "r-1/fill") {
    const auto seen = read_job(admin, id, soon());
    REQUIRE((seen && *seen));
    return **seen;
  }

  postgres::Connection admin;
  Schema schema;
};

// A runner with a session of its own, opened anew when it is lost.
struct Hands {
  explicit Hands(Task task) : work(std::move(task)) {
    around.leader = [this](Deadline deadline) -> Result<postgres::Connection*> {
      if (session && session->alive()) return &*session;
      TRY_ASSIGN(auto opened, postgres::Connection::open(main_server().settings(), deadline));
      session.emplace(std::move(opened));
      return &*session;
    };
    around.runner = "ops@a";
    around.stop = &stop;
    around.deadline = Deadline::in(60s);
    around.tell = [this](const std::string& text) { told += text + "\n"; };
  }
  Result<Job> run() { return Runner(work, around).run(); }
  Job done() {
    const auto job = run();
    INFO((job ? "" : job.error().text()));
    REQUIRE(job);
    return *job;
  }
  Error error() {
    const auto job = run();
    REQUIRE_FALSE(job);
    return job.error();
  }

  Task work;
  std::optional<postgres::Connection> session;
  StopFlag stop;
  Surroundings around;
  std::string told;
};

inline std::shared_ptr<Change> change_of(std::map<std::string, std::string> set, std::string where,
                                         std::map<std::string, postgres::TableName> from = {}) {
  return std::make_shared<RowChange>(std::move(set), std::move(where), std::move(from));
}
// Of a task of filling(): what it changes, to be altered.
inline RowChange& rows_of(const Task& task) {
  return dynamic_cast<RowChange&>(*task.change);
}

// Sessions of the test's server for a long statement; what it tells is added to `told`.
inline BuildSurroundings building(const StopFlag& stop, std::string& told) {
  BuildSurroundings around;
  around.open = [](Deadline deadline) { return postgres::Connection::open(main_server().settings(), deadline); };
  around.stop = &stop;
  around.deadline = Deadline::in(60s);
  around.tell = [&told](const std::string& text) { told += text + "\n"; };
  return around;
}

inline Task filling(const postgres::TableName& table, WalkBy by) {
  Task task;
  task.id = "r-1/fill";
  task.table = table;
  task.change = change_of({{"a", "row.b + 1"}}, "row.a IS NULL");
  task.by = by;
  return task;
}

inline const auto ways = {WalkBy::key, WalkBy::heap};

}  // namespace pgcleave::data::test

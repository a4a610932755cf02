// What makes a job heavy, on a real server.
#include "data/burden.h"

#include "a_job.h"

namespace pgcleave::data {
namespace {

using test::App;
using test::run;
using test::soon;

std::string burdens_of(App& app, const std::vector<std::string>& columns) {
  const auto table = read_table(app.admin, {"app", "t"}, soon());
  REQUIRE(table);
  const auto found = burdens(app.admin, *table, columns, soon());
  REQUIRE((found ? "" : found.error().text()) == "");
  std::string text;
  for (const auto& sentence : *found) text += sentence + "\n";
  return text;
}

}  // namespace

TEST_CASE("indexes, full blocks and triggers that make a change of rows heavy are named") {
  App app;
  run(app.admin, R"sql(
    CREATE TABLE app.t (id int PRIMARY KEY, a int, b int, c text) WITH (fillfactor = 90);
    CREATE INDEX by_b ON app.t (lower(c)) WHERE b > 0)sql");
  CHECK(burdens_of(app, {"a"}).empty());
  const std::string not_hot =
      "no update is HOT: what is changed is in app.by_b; each row costs an entry in each of the 2 ";
  CHECK(burdens_of(app, {"b"}).find(not_hot) == 0);
  CHECK(burdens_of(app, {"c"}).find(not_hot) == 0);
  run(app.admin, "ALTER TABLE app.t RESET (fillfactor)");
  CHECK(burdens_of(app, {"a"}).find("app.t has a fillfactor of 100") != std::string::npos);
  app.audit("app.t");
  run(app.admin,
      "CREATE TRIGGER of_b AFTER UPDATE OF b ON app.t FOR EACH ROW EXECUTE FUNCTION app.audit_row(); CREATE TRIGGER "
      "inserted AFTER INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.audit_row()");
  CHECK(burdens_of(app, {"a"}).find("trigger audit of app.t\n") != std::string::npos);
  CHECK(burdens_of(app, {"b"}).find("trigger audit of app.t, of_b of app.t\n") != std::string::npos);
  run(app.admin, "ALTER TABLE app.t DISABLE TRIGGER ALL");
  CHECK(burdens_of(app, {"b"}).find("trigger") == std::string::npos);
}

}  // namespace pgcleave::data

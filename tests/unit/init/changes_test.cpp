#include "init/changes.h"

#include "a_stack.h"

using namespace pgcleave;
using namespace pgcleave::init;
using namespace pgcleave::init::test;

namespace {

// A stack, and the files that `init` wrote for it.
class Written {
 public:
  Written()
      : connection_(postgres::test::main_server().connect()), shop_(connection_, "shop"), jobs_(connection_, "ci") {
    run("create table shop.users (id serial primary key); create table ci.builds (id int primary key)");
    auto made = make_files(stack.asked());
    REQUIRE(texts_of(made.errors) == "");
    environment = made.made->environment;
    split = made.made->split;
  }
  void run(const std::string& sql) { postgres::test::run(connection_, sql); }
  [[nodiscard]] std::string changes() const {
    std::string all;
    for (const auto& one : changes_since(environment, split)) all += one.object + ": " + one.what + "\n";
    return all;
  }

 private:
  postgres::Connection connection_;
  postgres::test::Schema shop_;
  postgres::test::Schema jobs_;

 public:
  const Stack stack;
  config::Environment environment;
  config::Split split;
};

}  // namespace

TEST_CASE("right after init nothing has changed") {
  CHECK(Written().changes() == "");
}

TEST_CASE("tables and schemas that are gone or new since are named") {
  Written written;
  written.run("create schema later; create table later.rows (id int); create sequence later.numbers");
  CHECK(written.changes() ==
        "split ci: table later.rows is new, and in no class\n"
        "split ci: sequence later.numbers is new, and in no class\n");
  written.run("drop schema later cascade; drop table ci.builds");
  const auto changes = written.changes();
  INFO(changes);
  CHECK(has(changes, "no table of the database is in the schema 'ci'"));
}

TEST_CASE("a pool that leads elsewhere and a console that is gone are named") {
  Written written;
  auto& bouncer = written.environment.pools.front().bouncers.front();
  const pgbouncer::Postgres elsewhere(written.stack.folder, "elsewhere");
  const pgbouncer::RunningBouncer other(written.stack.folder, "other", elsewhere.port());
  bouncer.console.values["port"] = other.spec().console.values.at("port");
  CHECK(written.changes() ==
        fmt::format("bouncer bouncer-1: its file is {}\nbouncer bouncer-1: its pool app leads to 127.0.0.1:{}\n",
                    other.config(), elsewhere.port()));
  bouncer.console.values["port"] = std::to_string(patroni::free_port());
  CHECK(has(written.changes(), "bouncer bouncer-1: can't be asked: "));
}

TEST_CASE("who leads is a change only where the route names a member that does not") {
  Written written;
  const int port = postgres::test::main_server().port();
  const Json members{{{"name", "main-1"}, {"role", "replica"}, {"host", "127.0.0.1"}, {"port", port + 1}},
                     {{"name", "main-2"}, {"role", "leader"}, {"host", "127.0.0.1"}, {"port", port}}};
  const patroni::StandIn now([&](const patroni::Request& request) {
    if (request.path == "/cluster") return patroni::answer(200, Json{{"members", members}}.dump());
    if (request.path == "/config") return patroni::answer(200, "{}");
    return patroni::answer(200, R"({"patroni": {"scope": "main", "version": "3.0.2"}})");
  });
  written.environment.source.patroni.members = {now.url()};
  CHECK(written.changes() == "");
  written.environment.source.route = {"127.0.0.1", port + 1, false};
  CHECK(has(written.changes(),
            fmt::format("source main: its route leads to member main-1, and main-2 leads at 127.0.0.1:{}", port)));
}

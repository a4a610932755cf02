#include "init/init.h"

#include <sys/stat.h>

#include <algorithm>

#include "a_stack.h"
#include "pgbouncer/silent_server.h"

using namespace pgcleave;
using namespace pgcleave::init;
using namespace pgcleave::init::test;

namespace {

// Two schemas in the source's database; one is the target's by its name.
class Tables {
 public:
  Tables() : connection_(postgres::test::main_server().connect()), ci_(connection_, "ci"), shop_(connection_, "shop") {
    postgres::test::run(connection_,
                        "create table ci.builds (id serial primary key); create table shop.users (id int primary key);"
                        "create table ci.jobs (id int primary key, build int references ci.builds);"
                        "create table shop.orders (id int primary key, by_user int references shop.users);"
                        "create table ci.log (id int primary key) partition by range (id);"
                        "create table ci.log_1 partition of ci.log for values from (1) to (9)");
  }
  postgres::Connection& connection() { return connection_; }

 private:
  postgres::Connection connection_;
  postgres::test::Schema ci_;
  postgres::test::Schema shop_;
};

mode_t mode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

// Refused, and nothing is written.
std::string refused(const Stack& stack, const Asked& asked) {
  const auto began = Monotonic::now();
  const auto made = make_files(asked);
  REQUIRE_FALSE(made.made.has_value());
  REQUIRE_FALSE(made.errors.empty());
  CHECK(stack.nothing_written());
  CHECK(Monotonic::now() - began < std::chrono::seconds(8));
  return texts_of(made.errors);
}

}  // namespace

TEST_CASE("three addresses become two files that the readers and the catalog take") {
  Tables tables;
  const Stack stack;
  const auto made = make_files(stack.asked());
  REQUIRE(texts_of(made.errors) == "");
  const auto environment = stack.text_of(environment_file);
  INFO(environment);
  CHECK(has(environment, "name: postgres-staging\nclass: staging"));
  CHECK(has(environment, "members: [\"" + stack.source.url() + "\"]"));
  CHECK(has(environment, fmt::format("route: {{host: 127.0.0.1, port: {}}}", postgres::test::ci_server().port())));
  CHECK(has(environment, "config: " + stack.bouncer.config()));
  CHECK_FALSE(has(environment, "shell:"));
  CHECK_FALSE(has(environment, "rest-password"));
  const auto split = stack.text_of(split_file);
  INFO(split);
  CHECK(has(split, "\nname: ci\nmoved:  # fenced on both sides; one of them owns them\n  schemas: [ci]\nkept:"));
  CHECK(has(split, "\n  schemas: [shop]\n"));
  CHECK(made.made->choice.why == "named like the target, ci");
  CHECK(made.made->crossing.empty());
  CHECK(mode_of(stack.directory + "/environment.yml") == 0644);
  CHECK(mode_of(stack.directory + "/replication-password") == 0600);
  CHECK(made.made->files.size() == (std::getenv("PGPASSFILE") == nullptr ? 6 : 5));
}

TEST_CASE("what would be cut is named, and what hangs together with what moves") {
  Tables tables;
  postgres::test::run(tables.connection(), "alter table ci.jobs add by_user int references shop.users");
  const Stack stack;
  const auto made = make_files(stack.asked());
  REQUIRE(texts_of(made.errors) == "");
  REQUIRE(made.made->crossing.size() == 1);
  CHECK(made.made->crossing.front().id == "schema.foreign_key_crosses");
  CHECK(has(stack.text_of(split_file), "# crosses the line: foreign key jobs_by_user_fkey of ci.jobs to shop.users"));
}

TEST_CASE("a file that is there is named, and nothing is asked or written") {
  const Stack stack;
  std::filesystem::create_directory(stack.directory);
  pgbouncer::spew(stack.directory + "/split.yml", "mine");
  const auto made = make_files(stack.asked());
  CHECK(has(texts_of(made.errors), stack.directory + "/split.yml: is there already"));
  CHECK(stack.text_of("split.yml") == "mine");
  CHECK(std::distance(std::filesystem::directory_iterator(stack.directory), {}) == 1);
  CHECK(stack.source.requests().empty());
}

TEST_CASE("a Patroni that asks for a password gets a reference to a file for it") {
  Tables tables;
  const Stack stack(patroni::answer(401, "no auth header received"));
  const auto made = make_files(stack.asked());
  REQUIRE(texts_of(made.errors) == "");
  CHECK(has(stack.text_of(environment_file), "password: \"${file:rest-password}\""));
  CHECK(mode_of(stack.directory + "/rest-password") == 0600);
  CHECK(stack.text_of("rest-password").empty());
  for (const auto& request : stack.source.requests()) CHECK((request.method != "PATCH" || request.body == "no JSON"));
}

TEST_CASE("a target that is a primary of its own is never told to become a standby") {
  Tables tables;
  auto there = postgres::test::ci_server().connect();
  const postgres::test::Schema ci(there, "ci");
  postgres::test::run(there, "create table ci.builds (id serial primary key)");
  const Stack stack(patroni::answer(400, "no JSON"), false);
  const auto made = make_files(stack.asked());
  REQUIRE(texts_of(made.errors) == "");
  const auto& missing = made.made->missing;
  const auto told = std::find_if(missing.begin(), missing.end(), [](const auto& one) {
    return one.what.starts_with("target ci follows no other cluster: it is a primary of its own, with ");
  });
  REQUIRE(told != missing.end());
  CHECK(has(told->what, " tables in database postgres"));
  CHECK_FALSE(has(told->what, "with 0 tables"));
  CHECK(has(told->where, "as a standby of source main it would lose all of it"));
  CHECK(told->lines.empty());
}

TEST_CASE("the authorities of Patroni's certificates are named by their whole path") {
  Tables tables;
  const Stack stack;
  pgbouncer::spew(stack.folder.path() + "/ca.pem", "");
  auto asked = stack.asked();
  asked.ca = stack.folder.path() + "/here/../ca.pem";
  const auto made = make_files(asked);
  REQUIRE(texts_of(made.errors) == "");
  CHECK(has(stack.text_of(environment_file), "    ca: " + stack.folder.path() + "/ca.pem\n"));
}

TEST_CASE("each address that can't be used is told, with what to type") {
  const Stack stack;
  const pgbouncer::SilentServer silent;
  auto asked = stack.asked();
  asked.source = fmt::format("127.0.0.1:{}", patroni::free_port());
  asked.target = fmt::format("127.0.0.1:{}", silent.port());
  asked.consoles.push_back(fmt::format("127.0.0.1:{}", patroni::free_port()));
  const auto text = refused(stack, asked);
  CHECK(has(text, "--source http://" + asked.source + ": is not answered"));
  CHECK(has(text, "--target http://" + asked.target + ": is not answered"));
  CHECK(has(text, "--console " + asked.consoles.back() + ": is not answered"));
  CHECK(has(text, "pgcleave init --source http://HOST:8008"));
}

TEST_CASE("what answers and is no Patroni is told by what it said") {
  const Stack stack;
  const patroni::StandIn other([](const patroni::Request&) { return patroni::answer(200, R"({"hello": "world"})"); });
  const patroni::StandIn page([](const patroni::Request&) { return patroni::answer(200, "<html>"); });
  auto asked = stack.asked();
  asked.source = other.url();
  asked.target = page.url();
  const auto text = refused(stack, asked);
  CHECK(has(text, "--source " + other.url() + ": answers, but not as Patroni does"));
  CHECK(has(text, R"({"hello":"world"})"));
  CHECK(has(text, "--target " + page.url() + ": answers, but not as Patroni does"));
  CHECK(has(text, "<html>"));
}

TEST_CASE("two addresses of one cluster are refused, and two clusters of one scope") {
  const Stack stack;
  auto asked = stack.asked();
  asked.target = stack.source.url();
  CHECK(has(refused(stack, asked), "--target: belongs to the same cluster as --source"));
  const patroni::StandIn namesake(a_member("main", true, postgres::test::ci_server().port()));
  asked.target = namesake.url();
  CHECK(has(refused(stack, asked), "--target: is a cluster of the same scope as --source"));
}

TEST_CASE("a console that refuses the login is told with the user and the setting") {
  const Stack stack;
  pgbouncer::spew(stack.folder.path() + "/users", "\"postgres\" \"\"\n\"nobody_here\" \"\"\n");
  const pgbouncer::RunningBouncer strict(stack.folder, "strict", postgres::test::main_server().port(),
                                         "auth_type = trust\nauth_file = " + stack.folder.path() + "/users\n");
  auto asked = stack.asked();
  asked.consoles = {"127.0.0.1:" + strict.spec().console.values.at("port")};
  asked.console_user = "nobody_here";
  const auto text = refused(stack, asked);
  INFO(text);
  CHECK(has(text, "--console " + asked.consoles.front() + ": refuses the login"));
  CHECK(has(text, "put nobody_here into admin_users"));
}

TEST_CASE("pools that lead elsewhere are told with where they lead") {
  const Stack stack;
  const pgbouncer::RunningBouncer other(stack.folder, "other", postgres::test::ci_server().port());
  auto asked = stack.asked();
  asked.consoles = {"127.0.0.1:" + other.spec().console.values.at("port")};
  const auto text = refused(stack, asked);
  CHECK(has(text, "--console: no pool leads to a member of source main"));
  CHECK(has(text, fmt::format("leads to postgres of 127.0.0.1:{}", postgres::test::ci_server().port())));
  asked.consoles.push_back(stack.asked().consoles.front());
  asked.database = "postgres";
  CHECK(has(refused(stack, asked), "the pools lead to several addresses"));
}

TEST_CASE("a schema that isn't there is told with the one that was meant") {
  Tables tables;
  const Stack stack;
  auto asked = stack.asked();
  asked.schemas = {"shopp"};
  const auto text = refused(stack, asked);
  CHECK(has(text, "no table is in schema shopp"));
  CHECK(has(text, "did you mean 'shop'?"));
}

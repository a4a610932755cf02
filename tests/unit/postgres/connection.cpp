#include "postgres/connection.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "base/deadline.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::soon;

namespace {

// Accepts connections into its backlog and never answers.
class Silence {
 public:
  Silence() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 5) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  ~Silence() { ::close(socket_); }
  int port = 0;

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

int backend_pid(Connection& connection) {
  return static_cast<int>(run(connection, "SELECT pg_backend_pid() AS pid").number(0, "pid"));
}

template <class Action>
Duration time_of(Action action) {
  const auto begin = Monotonic::now();
  action();
  return std::chrono::duration_cast<Duration>(Monotonic::now() - begin);
}

}  // namespace

TEST_CASE("a query with parameters gives rows by column name, NULL and unicode included") {
  auto connection = main_server().connect();
  const auto rows = connection.query("SELECT $1::text AS word, $2::int AS nothing, true AS yes, 7 AS seven",
                                     {"naïve 🐘 \\ '", {}}, soon());
  REQUIRE(rows);
  CHECK(rows->text(0, "word") == "naïve 🐘 \\ '");
  CHECK(rows->is_null(0, "nothing"));
  CHECK(rows->text(0, "nothing").empty());
  CHECK(rows->boolean(0, "yes"));
  CHECK(rows->number(0, "seven") == 7);
  CHECK_FALSE(rows->has("eight"));
}

TEST_CASE("several statements in one request give the rows of the SELECT among them and are one transaction") {
  auto connection = main_server().connect();
  const auto rows = connection.simple("BEGIN; SELECT 1 AS one; CREATE TEMP TABLE t (i int); COMMIT", soon());
  REQUIRE(rows);
  REQUIRE(rows->size() == 1);
  CHECK(rows->number(0, "one") == 1);
  REQUIRE_FALSE(connection.simple("INSERT INTO t VALUES (1); SELECT 1/0", soon()));
  CHECK(run(connection, "SELECT FROM t").empty());
}

TEST_CASE("a refusal carries the server's words and the SQLSTATE") {
  auto connection = main_server().connect();
  const auto refused = connection.simple(
      "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE='PC123', DETAIL='because', HINT='do'; END $$", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(refused.error().object == "main");
  CHECK(refused.error().what == "no");
  CHECK(refused.error().seen == "because");
  CHECK(refused.error().hint == "do");
  CHECK(refused.error().code == "PC123");
  CHECK(connection.alive());
}

TEST_CASE("a failed request that said BEGIN leaves no failed transaction behind") {
  auto connection = main_server().connect();
  const auto refused = connection.simple("BEGIN; SELECT 1/0; COMMIT", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "22012");
  CHECK(connection.query("SELECT 1", {}, soon()));
}

TEST_CASE("a failure inside a transaction that an earlier request began stays the caller's to roll back") {
  auto connection = main_server().connect();
  run(connection, "BEGIN");
  REQUIRE_FALSE(connection.simple("SELECT 1/0", soon()));
  const auto aborted = connection.simple("SELECT 1", soon());
  REQUIRE_FALSE(aborted);
  CHECK(aborted.error().code == "25P02");
}

TEST_CASE("a query that runs past its deadline is cancelled and says timed_out") {
  auto connection = main_server().connect();
  Result<Rows> late;
  const auto took = time_of([&] { late = connection.query("SELECT pg_sleep(30)", {}, Deadline::in(100ms)); });
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timed_out);
  CHECK(late.error().code == "57014");
  CHECK(took < 290ms);
  REQUIRE(connection.alive());
  CHECK(connection.query("SELECT 1", {}, soon()));
}

TEST_CASE(
    "who waits for a statement is stopped long before its deadline: the statement is cancelled, and the session goes "
    "on") {
  auto connection = main_server().connect();
  StopFlag stop;
  std::thread later([&] {
    std::this_thread::sleep_for(100ms);
    stop.request();
  });
  const auto began = Monotonic::now();
  {
    const HeededStop heeded(&stop);
    const auto answer = connection.query("select pg_sleep(20)", {}, Deadline::in(20s));
    later.join();
    CHECK(Monotonic::now() - began < 5s);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::interrupted);
    CHECK(answer.error().what.find("since a stop was requested") != std::string::npos);
  }
  CHECK(connection.query("select 1 as one", {}, Deadline::in(5s))->text(0, "one") == "1");
}

TEST_CASE("where no cancel is allowed, an answer that doesn't come in time is unknown and the connection is closed") {
  auto settings = main_server().settings();
  settings.cancel_on_deadline = false;
  auto connection = Connection::open(settings, soon());
  REQUIRE(connection);
  const auto late = connection->query("SELECT pg_sleep(1)", {}, Deadline::in(50ms));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::unknown);
  CHECK_FALSE(connection->alive());
  const auto closed = connection->query("SELECT 1", {}, soon());
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind == ErrorKind::failed);
}

TEST_CASE("a backend that is killed while it works gives unknown") {
  auto connection = main_server().connect();
  auto killer = main_server().connect();
  const int pid = backend_pid(connection);
  REQUIRE(connection.send("SELECT pg_sleep(30)"));
  REQUIRE_FALSE(*connection.answered());
  run(killer, "SELECT pg_terminate_backend(" + std::to_string(pid) + ", 2000)");
  const auto lost = connection.receive(soon());
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::unknown);
  CHECK(lost.error().code == "57P01");
  CHECK_FALSE(connection.alive());
}

TEST_CASE("a session that the server ended while it was idle gives failed, since nothing was sent") {
  auto connection = main_server().connect();
  auto killer = main_server().connect();
  run(killer, "SELECT pg_terminate_backend(" + std::to_string(backend_pid(connection)) + ", 2000)");
  const auto lost = connection.query("SELECT 1", {}, soon());
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::failed);
  CHECK(lost.error().seen.find("terminating connection") != std::string::npos);
  CHECK_FALSE(connection.alive());
}

TEST_CASE("a refused port gives failed at once") {
  auto settings = main_server().settings();
  settings.values["port"] = std::to_string(test::free_port());
  Result<Connection> refused = fail({});
  const auto took = time_of([&] { refused = Connection::open(settings, soon()); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(refused.error().seen.find("refused") != std::string::npos);
  CHECK(took < 500ms);
}

TEST_CASE("a refused login gives failed with its SQLSTATE and without the password") {
  auto settings = main_server().settings("nobody at all");
  settings.password = Secret("p'w\\d");
  const auto refused = Connection::open(settings, soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(refused.error().code == "28000");
  CHECK(refused.error().text().find("does not exist") != std::string::npos);
  CHECK(refused.error().text().find("p'w") == std::string::npos);
  CHECK(refused.error().text().find("LOCATION") == std::string::npos);
}

TEST_CASE("connections are opened side by side, and one silent server only costs the deadline") {
  Silence silence;
  auto silent = main_server().settings();
  silent.values["port"] = std::to_string(silence.port);
  std::vector<Result<Connection>> opened;
  const auto took = time_of([&] {
    opened =
        Connection::open_all({silent, main_server().settings(), silent, main_server().settings()}, Deadline::in(300ms));
  });
  REQUIRE(opened.size() == 4);
  CHECK(took < 500ms);
  REQUIRE(opened[1]);
  REQUIRE(opened[3]);
  CHECK(opened[1]->query("SELECT 1", {}, soon()));
  for (const int late : {0, 2}) {
    REQUIRE_FALSE(opened[static_cast<std::size_t>(late)]);
    CHECK(opened[static_cast<std::size_t>(late)].error().kind == ErrorKind::timed_out);
  }
}

TEST_CASE("requests fan out: sent to all, then received from each") {
  auto first = main_server().connect();
  auto second = main_server().connect();
  const auto took = time_of([&] {
    REQUIRE(first.send("SELECT pg_sleep(0.2)"));
    REQUIRE(second.send("SELECT pg_sleep(0.2)"));
    CHECK(first.busy());
    CHECK_FALSE(first.send("SELECT 1"));
    CHECK(first.receive(soon()));
    CHECK(second.receive(soon()));
  });
  CHECK(took < 390ms);
  CHECK_FALSE(first.busy());
}

TEST_CASE("answered says when receive would not wait, and reading ahead loses nothing") {
  auto connection = main_server().connect();
  REQUIRE(connection.send("SELECT pg_sleep(0.1); SELECT 1 AS one"));
  CHECK_FALSE(*connection.answered());
  REQUIRE(wait_until("the answer is there", soon(), 1ms, nullptr, [&] { return connection.answered(); }));
  const auto rows = connection.receive(Deadline::in(0ms));
  REQUIRE(rows);
  CHECK(rows->number(0, "one") == 1);
}

TEST_CASE("a request larger than the socket's buffers gets through") {
  auto connection = main_server().connect();
  const std::string large(20'000'000, 'x');
  const auto rows = connection.query("SELECT length($1) AS length, $1 AS same", {large}, Deadline::in(30s));
  REQUIRE(rows);
  CHECK(rows->number(0, "length") == 20'000'000);
  CHECK(rows->text(0, "same") == large);
}

TEST_CASE("COPY is refused and closes the connection") {
  auto connection = main_server().connect();
  for (const auto* sql : {"COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"}) {
    const auto refused = connection.simple(sql, soon());
    REQUIRE_FALSE(refused);
    CHECK_FALSE(connection.alive());
    connection = main_server().connect();
  }
}

TEST_CASE("notices are kept for the last request only") {
  auto connection = main_server().connect();
  run(connection, "DO $$ BEGIN RAISE NOTICE 'careful'; END $$");
  CHECK(connection.notices() == std::vector<std::string>{"careful"});
  run(connection, "SELECT 1");
  CHECK(connection.notices().empty());
}

TEST_CASE("a session calls itself pgcleave unless told otherwise and speaks UTF-8 and English") {
  auto connection = main_server().connect();
  const auto setting = [&](const std::string& name) { return run(connection, "SHOW " + name).text(0, name); };
  CHECK(setting("application_name") == "pgcleave");
  CHECK(setting("client_encoding") == "UTF8");
  CHECK(setting("lc_messages") == "C");
  auto settings = main_server().settings();
  settings.values["application_name"] = "other";
  auto other = Connection::open(settings, soon());
  REQUIRE(other);
  CHECK(run(*other, "SHOW application_name").text(0, "application_name") == "other");
  CHECK(connection.address() == "127.0.0.1:" + std::to_string(main_server().port()));
}

TEST_CASE("quoted texts come back from the server as they were") {
  auto connection = main_server().connect();
  const std::vector<std::string> hostile = {"plain",     "it's", "back\\slash'", "\"double\"", "{brace,comma}",
                                            "new\nline", "é🐘",  "null",         " "};
  for (const std::string setting : {"on", "off"}) {
    run(connection, "SET escape_string_warning TO off; SET standard_conforming_strings TO " + setting);
    for (const auto& text : hostile) {
      CHECK(run(connection, "SELECT " + quote_literal(text) + " AS text").text(0, "text") == text);
      CHECK(run(connection, "SELECT 1 AS " + quote_identifier(text)).has(text));
    }
  }
  const auto rows =
      connection.query("SELECT * FROM unnest($1::text[]) AS u(element)", {array_literal(hostile)}, soon());
  REQUIRE(rows);
  REQUIRE(rows->size() == hostile.size());
  for (std::size_t i = 0; i < hostile.size(); ++i) CHECK(rows->text(i, "element") == hostile[i]);
}

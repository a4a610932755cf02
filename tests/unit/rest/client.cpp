#include "rest/client.h"

#include <catch2/catch.hpp>

#include "base/format.h"
#include "patroni/member.h"

using namespace pgcleave;
using namespace pgcleave::rest;
using patroni::answer;
using patroni::free_port;
using patroni::Request;
using patroni::StandIn;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(3));
}

Access nobody() {
  return {};
}

Error failure(const std::string& raw, Deadline deadline) {
  const StandIn member([&](const Request&) { return raw; });
  Client rest(member.url(), nobody());
  const auto result = rest.get("/cluster", deadline);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().object == member.url());
  return result.error();
}

}  // namespace

TEST_CASE("any HTTP status is an answer, and redirects are not followed") {
  const StandIn member([](const Request& request) {
    if (request.path == "/gone") return std::string("HTTP/1.0 302 Found\r\nLocation: /cluster\r\n\r\nelsewhere");
    return answer(request.method == "PATCH" ? 409 : 503, request.body + "!");
  });
  Client rest(member.url() + "/patroni", nobody());
  CHECK(rest.url() == member.url());
  CHECK(rest.get("/cluster", soon())->status == 503);
  const auto patched = rest.patch("/config", Json{{"standby_cluster", nullptr}}, soon());
  CHECK(patched->status == 409);
  CHECK(patched->body == "{\"standby_cluster\":null}!");
  CHECK(rest.get("/gone", soon())->status == 302);
  CHECK(member.requests().size() == 3);
}

TEST_CASE("basic auth is sent, and the password is in no error") {
  Access access = nobody();
  access.username = "admin";
  access.password = Secret("s3cret:word");
  const StandIn member([](const Request& request) {
    return answer(request.head.find("Authorization: Basic YWRtaW46czNjcmV0OndvcmQ=") == std::string::npos ? 401 : 200,
                  "{}");
  });
  CHECK(Client(member.url(), access).patch("/config", Json::object(), soon())->status == 200);
  CHECK(Client(member.url(), nobody()).patch("/config", Json::object(), soon())->status == 401);
  Client nowhere("http://127.0.0.1:" + std::to_string(free_port()), access);
  const auto error = nowhere.get("/cluster", soon()).error().text();
  CHECK(error.find("s3cret") == std::string::npos);
}

TEST_CASE("a refused connection is failed: nothing was sent") {
  Client rest("http://127.0.0.1:" + std::to_string(free_port()), nobody());
  CHECK(rest.get("/cluster", soon()).error().kind == ErrorKind::failed);
  CHECK(rest.get("/cluster", Deadline::in(Duration::zero())).error().kind == ErrorKind::failed);
  CHECK(Client("ftp://x", nobody()).get("/", soon()).error().kind == ErrorKind::invalid);
  CHECK(Client("127.0.0.1:8008", nobody()).get("/", soon()).error().kind == ErrorKind::invalid);
}

TEST_CASE("an address of IPv6 is usable, with and without letters in it") {
  for (const char* host : {"[::1]", "[fd00:db8::1]", "[2001:db8::a:1]"}) {
    for (const char* scheme : {"http", "https"}) {
      Client rest(fmt::format("{}://{}:{}", scheme, host, free_port()), nobody());
      const auto error = rest.get("/cluster", Deadline::in(std::chrono::milliseconds(200))).error();
      CHECK(error.kind == ErrorKind::failed);
    }
  }
  CHECK(Client("http://[fd00:db8::1:8008", nobody()).get("/", soon()).error().kind == ErrorKind::invalid);
}

TEST_CASE("a handshake with something that is no TLS is failed") {
  const StandIn member([](const Request&) { return answer(200, "{}"); });
  Client rest("https" + member.url().substr(4), nobody());
  const auto error = rest.get("/cluster", soon()).error();
  CHECK(error.kind == ErrorKind::failed);
  CHECK(error.hint.find("http or https") != std::string::npos);
}

TEST_CASE("sent and not answered is unknown") {
  CHECK(failure("", soon()).kind == ErrorKind::unknown);
  CHECK(failure("\x16\x03 what?\r\n\r\n", soon()).kind == ErrorKind::unknown);
  CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"mem", soon()).kind == ErrorKind::unknown);
}

TEST_CASE("silence ends with the deadline, also after half an answer") {
  const auto start = Monotonic::now();
  CHECK(failure(StandIn::silence, Deadline::in(std::chrono::milliseconds(200))).kind == ErrorKind::unknown);
  CHECK(Monotonic::now() - start < std::chrono::seconds(1));
}

TEST_CASE("a body without end is cut off") {
  const auto error = failure(answer(200, std::string(17U << 20, 'x')), Deadline::in(std::chrono::seconds(10)));
  CHECK(error.kind == ErrorKind::unknown);
  CHECK(error.seen.find("16 MiB") != std::string::npos);
}

#include "postgres/hba.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::run;
using test::soon;

namespace {

std::string in_words(const HbaAnswer& answer) {
  switch (answer.verdict) {
    case HbaVerdict::allowed: return "allowed, " + answer.text;
    case HbaVerdict::refused: return "refused, " + answer.text;
    case HbaVerdict::unknown: return "unknown, " + answer.text;
  }
  return "";
}

}  // namespace

TEST_CASE("the first line of pg_hba.conf that fits decides who may log in, and what can't be told is unknown") {
  test::Server server("hba");
  auto session = server.connect();
  const auto file = run(session, "SHOW hba_file").text(0, "hba_file");
  // It is read as a file: no reload is needed.
  const auto with = [&](const std::string& lines, const std::string& user, const std::string& address) {
    run(session, "COPY (SELECT unnest(string_to_array(" + quote_literal(lines) + ", '|'))) TO " + quote_literal(file));
    const auto answer = hba_answer(session, "app", user, address, soon());
    REQUIRE(answer.has_value());
    return in_words(*answer);
  };
  const std::string lines =
      "local all all trust|host app batch 10.0.0.0/8 scram-sha-256|host all batch 0.0.0.0/0 reject|host other all "
      "10.0.0.0/8 trust|"
      "host replication all 10.9.0.0/16 trust|host sameuser app 10.3.0.0/16 md5|hostssl app web all scram-sha-256|"
      "host all all db.example scram-sha-256";
  CHECK(with(lines, "batch", "10.1.2.3") == "allowed, line 2 of pg_hba.conf: scram-sha-256");
  CHECK(with(lines, "batch", "192.168.0.1") == "refused, line 3 of pg_hba.conf: reject");
  CHECK(with(lines, "app", "10.3.0.1") == "allowed, line 6 of pg_hba.conf: md5");
  // Without `ssl` a line for TLS only fits nobody (PostgreSQL 15).
  CHECK(with(lines, "web", "10.1.2.3") == "unknown, line 8 of pg_hba.conf may fit");
  CHECK(with(lines, "somebody", "10.9.0.1") == "unknown, line 8 of pg_hba.conf may fit");
  CHECK(with("host app +staff 10.0.0.0/8 trust", "batch", "10.1.2.3") == "unknown, line 1 of pg_hba.conf may fit");
  CHECK(with("host app batch 10.0.0.0/8 trust", "batch", "::1") == "refused, no line of pg_hba.conf fits");
  CHECK(with("host app batch ::/0 trust", "batch", "::1") == "allowed, line 1 of pg_hba.conf: trust");
}

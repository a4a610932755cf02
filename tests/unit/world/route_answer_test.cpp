#include "world/route_answer.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::steps;
using namespace pgcleave::world;

namespace {

const RouteAnswer ci_leader{"ci", "1700000000.5", false};

using Tls = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("only the leader of the side is taken for it: not another cluster, not another member, not one in recovery") {
  CHECK(world::why_not_leader(ci_leader, ci_leader, "ci") == "");
  CHECK(world::why_not_leader({"main", "1700000000.5", false}, ci_leader, "ci") ==
        "cluster_name there is main, not ci");
  CHECK(world::why_not_leader({"ci", "1700000009", false}, ci_leader, "ci") ==
        "another member of the cluster answers there than its leader");
  CHECK(world::why_not_leader({"ci", "1700000000.5", true}, ci_leader, "ci") == "it is in recovery");
  // Before the promotion both are.
  CHECK(world::why_not_leader({"ci", "1700000000.5", true}, {"ci", "1700000000.5", true}, "ci") == "");
}

TEST_CASE("a bouncer's TLS settings are taken over as far as this machine has its files") {
  const std::string there = "/etc/hostname";  // some file that can be read
  CHECK(world::tls_keywords({}, true) == Tls{{"sslmode", "prefer"}});
  CHECK(world::tls_keywords({{"server_tls_sslmode", "disable"}, {"server_tls_ca_file", there}}, true) ==
        Tls{{"sslmode", "disable"}});
  CHECK(world::tls_keywords({{"server_tls_sslmode", "require"}, {"server_tls_ca_file", there}}, true) ==
        Tls{{"sslmode", "require"}});
  const Tls verify{{"server_tls_sslmode", "verify-full"}, {"server_tls_ca_file", there}};
  CHECK(world::tls_keywords(verify, true) == Tls{{"sslmode", "verify-full"}, {"sslrootcert", there}});
  CHECK(world::tls_keywords(verify, false) == Tls{{"sslmode", "require"}});
  CHECK(world::tls_keywords({{"server_tls_sslmode", "verify-full"}, {"server_tls_ca_file", "/nowhere"}}, true) ==
        Tls{{"sslmode", "require"}});
  CHECK(tls_keywords({{"server_tls_cert_file", there}, {"server_tls_key_file", there}}, true) ==
        Tls{{"sslmode", "prefer"}, {"sslcert", there}, {"sslkey", there}});
}

TEST_CASE("how bouncers log in survives the journal, and what is not understood is left out") {
  const std::vector<world::ServerLogin> logins{
      {"app", {{"sslmode", "verify-full"}, {"sslrootcert", "/a"}}, {"b1", "b2"}}, {"other", {}, {"b3"}}};
  CHECK(world::logins_in(to_json(logins)) == logins);
  CHECK(world::logins_in(Json::parse(to_text(to_json(logins)))) == logins);
  CHECK(world::logins_in(Json()).empty());
  CHECK(world::logins_in(Json::parse(R"([1, {"tls": 3, "bouncers": []}, {"database": "x"}])")).empty());
}

TEST_CASE("why a login failed is one line") {
  CHECK(world::reason_of({ErrorKind::failed, "", "could not connect", "",
                          "port 1 failed: Connection refused\n\tIs it running?", "", ""}) ==
        "port 1 failed: Connection refused");
  CHECK(world::reason_of({ErrorKind::timed_out, "", "could not connect in time", "", "half a sentence", "", ""}) ==
        "no answer in time");
  CHECK(world::reason_of({ErrorKind::failed, "", "the connection was lost", "", "", "", ""}) ==
        "the connection was lost");
}

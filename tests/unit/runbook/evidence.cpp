#include "runbook/evidence.h"

#include <catch2/catch.hpp>

#include "a_vocabulary.h"

using namespace pgcleave;
using namespace pgcleave::runbook;
using namespace pgcleave::config;

namespace {

Read<Runbook> with(const std::string& lines) {
  return read_runbook("r.yml",
                      "pgcleave: 1\nname: x\n" + lines + "prepare:\n  - {id: fence, uses: ownership.install}\n",
                      a_vocabulary());
}

std::string problem_of(const std::string& lines) {
  const auto read = with(lines);
  REQUIRE_FALSE(read.value);
  REQUIRE(read.problems.size() == 1);
  return read.problems[0].text();
}

}  // namespace

TEST_CASE("a runbook says how it is watched, how often it is rehearsed, who signs, and what calls for a rollback") {
  const auto read = with(R"(probe: {every: 10ms}
rehearsal: {times: 7, max_age: 48h}
roles: [driver, "database owner"]
watch: [error rate above 1 %, p95 doubled]
)");
  REQUIRE(read.value);
  CHECK(read.value->probe_every == std::chrono::milliseconds(10));
  CHECK(read.value->rehearsal.times == 7);
  CHECK(read.value->rehearsal.max_age == std::chrono::hours(48));
  CHECK(read.value->roles == std::vector<std::string>{"driver", "database owner"});
  CHECK(read.value->watch == std::vector<std::string>{"error rate above 1 %", "p95 doubled"});
}

TEST_CASE("without a word a runbook is watched every 5 ms and asks for three rehearsals of the last 30 days") {
  const auto read = with("");
  REQUIRE(read.value);
  CHECK(read.value->probe_every == std::chrono::milliseconds(5));
  CHECK(read.value->rehearsal.times == 3);
  CHECK(read.value->rehearsal.max_age == std::chrono::hours(720));
}

TEST_CASE("what a runbook asks for wrongly has its position") {
  CHECK(problem_of("probe: {every: 0ms}\n").find("r.yml:3:16: every must be longer than nothing") == 0);
  CHECK(problem_of("probe: {every: 2s}\n").find("r.yml:3:16: every must be between 1ms and 1s") == 0);
  CHECK(problem_of("probe: {often: 5ms}\n").find("r.yml:3:9: unknown key 'often' in probe") == 0);
  CHECK(problem_of("rehearsal: {times: -1}\n").find("r.yml:3:20: times must be between 0 and 100") == 0);
  CHECK(problem_of("rehearsal: {max_age: a month}\n").find("r.yml:3:22: max_age") == 0);
  CHECK(problem_of("roles: [driver, driver]\n").find("r.yml:3:17: 'driver' stands twice in roles") == 0);
  CHECK(problem_of("watch: ['']\n").find("r.yml:3:9: an entry of watch is empty") == 0);
}

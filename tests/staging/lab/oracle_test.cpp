// The oracle by itself: no lab, made-up rows.
#include "oracle.h"

#include <catch2/catch.hpp>

#include "writer.h"

using namespace pgcleave_lab;

namespace {

Record told(const std::string& kind, int client, long long n, Outcome outcome, const std::string& stored_on = "main") {
  Record record;
  record.kind = kind;
  record.client = client;
  record.n = n;
  record.start = {n * 1000, n * 1000};
  record.end = {n * 1000 + 500, n * 1000 + 500};
  record.outcome = outcome;
  record.stored_on = stored_on;
  return record;
}

StoredRows nothing() {
  StoredRows rows;
  for (const WrittenTable& table : written_tables()) rows.tables[table.name];
  return rows;
}

// As the application would have stored these writes, with ids counted from one in each table.
StoredRows stored(const std::vector<Record>& records) {
  StoredRows rows = nothing();
  std::map<std::string, long long> last;
  for (const Record& record : records) {
    for (const WrittenTable* table : write_kind(record.kind).tables)
      rows.tables[table->name].push_back({record.client, record.n, ++last[table->sequence], record.stored_on, "12:00"});
    if (!write_kind(record.kind).counts) continue;
    Counter& counter = rows.counters[record.client];
    counter = {record.n, counter.writes + 1};
  }
  return rows;
}

const std::vector<Record> history{told("build", 1, 1, Outcome::ok), told("pipeline", 1, 2, Outcome::ok),
                                  told("report", 2, 1, Outcome::ok), told("note", 3, 1, Outcome::ok)};

}  // namespace

TEST_CASE("what is stored as it was acknowledged is clean") {
  const auto rows = stored(history);
  CHECK(judge(history, rows, rows, &rows, "ci").clean());
}

TEST_CASE("a failover may lose what a side acknowledged in its time, each write as a whole, and nothing else") {
  const std::vector<Failover> at_2{{"main", {2000, 2600}}};
  const std::vector<Record> kept{history[0], history[2], history[3]};
  const auto rows = stored(kept);  // without the pipeline, acknowledged at 2500
  const auto findings = judge(history, rows, rows, nullptr, "ci", false, at_2);
  CHECK(findings.clean());
  CHECK(findings.lost_by_failover == 1);
  CHECK(judge(history, rows, rows, nullptr, "ci").lost > 0);
  CHECK(judge(history, rows, rows, nullptr, "ci", false, {{"main", {2501, 9000}}}).lost > 0);
  CHECK(judge(history, rows, rows, nullptr, "ci", false, {{"ci", {2000, 2600}}}).lost > 0);

  auto half = stored(history);
  half.tables[write_kind("pipeline").tables.back()->name].clear();
  REQUIRE(write_kind("pipeline").tables.size() > 1);
  CHECK(judge(history, half, half, nullptr, "ci", false, at_2).lost > 0);
}

TEST_CASE("a copy of a write that a failover lost is no second write, though its id was given out again") {
  const std::vector<Failover> at_2{{"main", {2000, 2600}}};
  std::vector<Record> since{history[0], told("pipeline", 4, 9, Outcome::ok), history[2], history[3]};
  const auto serving = stored(since);
  const auto copies = stored(history);  // of what main had acknowledged, as ci received it
  since.push_back(history[1]);
  CHECK(judge(since, serving, serving, &copies, "ci", false, at_2).clean());
  CHECK(judge(since, serving, serving, &copies, "ci").on_both_sides > 0);
  auto own = copies;
  for (auto& [table, rows] : own.tables)
    for (auto& row : rows) row.stored_on = "ci";
  CHECK(judge(since, serving, serving, &own, "ci", false, at_2).on_both_sides > 0);
}

TEST_CASE("an acknowledged write that is absent is lost, also from the tables that stay") {
  const auto rows = stored(history);
  const auto findings = judge(history, nothing(), nothing(), nullptr, "ci");
  CHECK(findings.lost == 4 + 2);  // four writes, and two clients whose counted writes are gone
  CHECK(judge(history, rows, nothing(), nullptr, "ci").lost == 1);
  CHECK_FALSE(findings.clean());
}

TEST_CASE("an unknown write may be there or not, but not by half") {
  const std::vector<Record> unknown{told("pipeline", 1, 1, Outcome::unknown)};
  auto rows = stored(unknown);
  CHECK(judge(unknown, rows, rows, nullptr, "ci").clean());
  CHECK(judge(unknown, rows, rows, nullptr, "ci").unknown_but_present == 1);
  CHECK(judge(unknown, nothing(), nothing(), nullptr, "ci").clean());
  rows.tables["ci.jobs"].clear();
  CHECK(judge(unknown, rows, rows, nullptr, "ci").lost == 1);
}

TEST_CASE("a write that failed must not be there") {
  const std::vector<Record> failed{told("build", 1, 1, Outcome::failed)};
  const auto rows = stored(failed);
  CHECK(judge(failed, rows, rows, nullptr, "ci").failed_but_present == 1);
}

TEST_CASE("a table that misses a row of a transaction is a loss") {
  auto rows = stored(history);
  rows.tables["ci.build_audit"].pop_back();
  CHECK(judge(history, rows, rows, nullptr, "ci").lost == 1);
}

TEST_CASE("an id given twice by one sequence is a duplicate across its tables") {
  auto rows = stored(history);
  rows.tables["ci.reports"].front().id = rows.tables["ci.artifacts"].front().id;
  CHECK(judge(history, rows, rows, nullptr, "ci").duplicated == 1);
}

TEST_CASE("a counter may be ahead of the history only while the clients go on") {
  auto rows = stored(history);
  REQUIRE_FALSE(rows.counters.empty());
  rows.counters.begin()->second.writes += 1;
  CHECK(judge(history, rows, rows, nullptr, "ci").duplicated == 1);
  CHECK(judge(history, rows, rows, nullptr, "ci", true).duplicated == 0);
}

TEST_CASE("a row that both sides stored by themselves is found by key and by id") {
  const auto rows = stored(history);
  auto other = rows;
  other.tables["ci.builds"].front().stored_on = "ci";
  CHECK(judge(history, rows, rows, &other, "ci").on_both_sides == 1);
  other = rows;
  other.tables["ci.builds"].front().n = 77;
  CHECK(judge(history, rows, rows, &other, "ci").on_both_sides == 1);
}

TEST_CASE("a row that only the other side accepted is stranded; one that it has not yet received is not") {
  const auto rows = stored(history);
  auto other = rows;
  other.tables["ci.builds"].push_back({9, 9, 999, "ci", "12:00"});
  other.tables["ci.jobs"].clear();
  const auto findings = judge(history, rows, rows, &other, "ci");
  CHECK(findings.stranded == 1);
  CHECK(findings.on_both_sides == 0);
}

TEST_CASE("gaps and waits are measured between commits inside the window") {
  std::vector<Record> records;
  for (const long long n : {1, 2, 3, 50, 51}) records.push_back(told("build", 1, n, Outcome::ok));
  CHECK(measure(records, {}).gap_ms == Approx(47.0));
  CHECK(measure(records, {0, 4000}).gap_ms == Approx(1.0));
  CHECK(measure(records, {}).wait_max_ms == Approx(0.5));
}

TEST_CASE("only a plain error of the server proves that a commit did not happen") {
  CHECK(outcome_of_commit({"23505", "ERROR", "duplicate key"}) == Outcome::failed);
  CHECK(outcome_of_commit({"2F002", "ERROR", "not the owner"}) == Outcome::failed);
  CHECK(outcome_of_commit({"57P01", "FATAL", "terminating connection"}) == Outcome::unknown);
  CHECK(outcome_of_commit({"08P01", "ERROR", "server conn crashed?"}) == Outcome::unknown);
  CHECK(outcome_of_commit({"", "", "server closed the connection unexpectedly"}) == Outcome::unknown);
  CHECK(outcome_of_commit({"08P01", "FATAL", "query_wait_timeout"}) == Outcome::failed);
}

TEST_CASE("a history reads back as it was written") {
  Record record = told("report", 7, 8, Outcome::unknown);
  record.error = "a \"quote\", a\ttab, \xff";
  record.sqlstate = "08P01";
  record.through = "bouncer-1";
  const Record back = record_from(to_line(record));
  CHECK(back.kind == "report");
  CHECK(back.n == 8);
  CHECK(back.outcome == Outcome::unknown);
  CHECK(back.end.steady_us == record.end.steady_us);
  CHECK(back.error.find("\"quote\"") != std::string::npos);
}

TEST_CASE("a line that tells of no error is taken apart as the parser of any JSON does") {
  Record record = told("observed", -1003, 123456789012, Outcome::ok);
  record.stored_on = "ci";
  record.through = "bouncer-2";
  record.reconnecting = GENERATE(true, false);
  auto line = to_line(record);
  const Record quick = record_from(line);
  line.insert(1, " ");  // not as to_line() writes it
  const Record thorough = record_from(line);
  for (const Record& back : {quick, thorough}) {
    CHECK(to_line(back) == to_line(record));
  }
  CHECK_THROWS(record_from(R"({"kind":"observed","client":1)"));
}

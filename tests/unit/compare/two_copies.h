// Two servers with schema `cmp`, and a comparison of its tables. Nothing carries rows between them unless a test does.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "postgres/server.h"

namespace pgcleave::compare::test {

using namespace std::chrono_literals;
using postgres::test::ci_server;
using postgres::test::main_server;
using postgres::test::run;
using postgres::test::Schema;
using postgres::test::soon;

struct TwoCopies {
  TwoCopies()
      : original(main_server().connect()),
        copy(ci_server().connect()),
        original_schema(original, "cmp"),
        copy_schema(copy, "cmp") {
    request.original = [](Deadline deadline) { return postgres::Connection::open(main_server().settings(), deadline); };
    request.copy = [](Deadline deadline) { return postgres::Connection::open(ci_server().settings(), deadline); };
    request.labels = {"source main", "target ci"};
    request.jobs = 1;
    request.patience.with_copy = 10s;
    request.patience.with_request = 20s;
  }

  void both(const std::string& sql) {
    run(original, sql);
    run(copy, sql);
  }
  // Of tables of schema cmp.
  Outcome compare(const std::vector<std::string>& tables) {
    request.tables.clear();
    for (const auto& name : tables) request.tables.push_back({"cmp", name});
    auto outcome = compare_tables(request);
    INFO((outcome ? "" : outcome.error().text()));
    REQUIRE(outcome);
    return std::move(*outcome);
  }
  TableResult compare_one(const std::string& table) { return compare({table}).tables.at(0); }

  postgres::Connection original;
  postgres::Connection copy;
  Schema original_schema;
  Schema copy_schema;
  Request request;
};

// "missing id 7, changed id 9 (note)"
inline std::string in_words(const TableResult& result) {
  std::string text = result.not_compared;
  for (const auto& one : result.differences) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name_of(one.kind), one.key);
    std::string columns;
    for (const auto& column : one.columns) columns += (columns.empty() ? "" : " ") + column.name;
    if (one.kind == Kind::changed) text += fmt::format(" ({})", columns);
  }
  for (const auto& note : result.shape) text += (text.empty() ? "" : ", ") + note;
  return text;
}

}  // namespace pgcleave::compare::test

#include <catch2/catch.hpp>

#include "postgres/catalog.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;

TEST_CASE("table names are read as PostgreSQL reads them") {
  const auto name = [](const std::string& text) { return parse_table_name(text).value_or(TableName{}); };
  CHECK(name("ci.builds") == TableName{"ci", "builds"});
  CHECK(name("users") == TableName{"public", "users"});
  CHECK(name("CI.Builds") == TableName{"ci", "builds"});
  CHECK(name("\"CI\".\"Weird Name\"") == TableName{"CI", "Weird Name"});
  CHECK(name("public.\"a\"\"b.c\"") == TableName{"public", "a\"b.c"});
  CHECK(name("größe") == TableName{"public", "größe"});
  CHECK(name("a$1._x") == TableName{"a$1", "_x"});
  CHECK(name(std::string(63, 'x')).name.size() == 63);
}

TEST_CASE("what is no table name is refused with what is wrong") {
  for (const std::string text :
       {"", ".", "a.", ".a", "a.b.c", "a b", "\"a", "\"\"", "a.\"\"", "1a", "$a", "a;b", "a.b ", "\"a\"b", "a'b"}) {
    const auto refused = parse_table_name(text);
    INFO(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK_FALSE(refused.error().seen.empty());
  }
  CHECK_FALSE(parse_table_name(std::string(64, 'x')));
  CHECK_FALSE(parse_table_name("public.\"" + std::string(32, '\0') + "\""));
  // 63 bytes, not 63 letters
  std::string letters;
  for (int i = 0; i < 32; ++i) letters += "é";
  CHECK_FALSE(parse_table_name(letters));
}

TEST_CASE("a name's SQL is quoted where PostgreSQL would quote it, and reads back as the same name") {
  CHECK(TableName{"ci", "builds"}.sql() == "ci.builds");
  CHECK(TableName{"public", "Weird Name"}.sql() == "public.\"Weird Name\"");
  auto connection = test::main_server().connect();
  const auto words =
      test::run(connection,
                "SELECT word, quote_ident(word) AS quoted FROM (SELECT word FROM pg_get_keywords() UNION ALL "
                "VALUES ('a1'), ('1a'), ('_a'), ('A'), ('a$'), ('é'), ('a\"b'), ('a.b')) AS w(word)");
  REQUIRE(words.size() > 400);
  for (std::size_t row = 0; row < words.size(); ++row) {
    const TableName name{words.text(row, "word"), "t"};
    CHECK(name.sql() == words.text(row, "quoted") + ".t");
    CHECK(parse_table_name(name.sql()) == name);
  }
}

#include "base/error.h"

#include <catch2/catch.hpp>

#include "base/result.h"

using namespace pgcleave;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail({ErrorKind::invalid, "", "is odd", "", std::to_string(number), "", ""});
  return number / 2;
}

Result<int> quarter(int number) {
  TRY(half(number));
  TRY_ASSIGN(const int once, half(number));
  TRY_ASSIGN(const int twice, half(once));
  return twice;
}

}  // namespace

TEST_CASE("an error's text says object, what, expected, seen and the hint") {
  Error error{
      ErrorKind::failed, "bouncer b-2", "PAUSE was refused", "paused", "active", "psql -c 'SHOW DATABASES'", ""};
  CHECK(error.text() == "bouncer b-2: PAUSE was refused (expected paused, seen active)\n  psql -c 'SHOW DATABASES'");
  error.expected = "";
  CHECK(error.text() == "bouncer b-2: PAUSE was refused (seen active)\n  psql -c 'SHOW DATABASES'");
  error.seen = error.hint = error.object = "";
  CHECK(error.text() == "PAUSE was refused");
  error.expected = "paused";
  CHECK(error.text() == "PAUSE was refused (expected paused)");
}

TEST_CASE("a question that says what is to be typed says it once") {
  Error error{ErrorKind::waiting,
              "gate go",
              "waits for approval: Go? (to approve, type: give up 2 rows)",
              "give up 2 rows",
              "",
              "",
              ""};
  CHECK(error.text() == "gate go: waits for approval: Go? (to approve, type: give up 2 rows)");
  error.seen = "give up 1 row";
  CHECK(error.text() == "gate go: waits for approval: Go? (to approve, type: give up 2 rows) (seen give up 1 row)");
}

TEST_CASE("text from outside can't move the cursor, colour the terminal or add a line") {
  const Error error{ErrorKind::failed, "table \x1b[2J", "was\nrefused", "", "a\rb\tc\x7f", "", ""};
  CHECK(error.text() == "table \\x1b[2J: was\\nrefused (seen a\\x0db\\tc\\x7f)");
  CHECK(printable("täble ✓") == "täble ✓");
  CHECK(printable("a\u009b31mb") == "a\\u009b31mb");  // CSI in one sign
  CHECK(printable("evil\u202eexe.fdp") == "evil\\u202eexe.fdp");
  CHECK(printable("a\xff\xc3(b\xc0\x80") == "a\\xff\\xc3(b\\xc0\\x80");
  CHECK(printable("\xed\xa0\x80\xf0\x9f\x98\x80") == "\\xed\\xa0\\x80\U0001f600");
}

TEST_CASE("every kind of error has its own name") {
  CHECK(std::string(name_of(ErrorKind::invalid)) == "invalid");
  CHECK(std::string(name_of(ErrorKind::not_ready)) == "not_ready");
  CHECK(std::string(name_of(ErrorKind::failed)) == "failed");
  CHECK(std::string(name_of(ErrorKind::unknown)) == "unknown");
  CHECK(std::string(name_of(ErrorKind::timed_out)) == "timed_out");
  CHECK(std::string(name_of(ErrorKind::conflict)) == "conflict");
  CHECK(std::string(name_of(ErrorKind::interrupted)) == "interrupted");
  CHECK(std::string(name_of(ErrorKind::held)) == "held");
}

TEST_CASE("TRY leaves a function with the first error and goes on with a value") {
  CHECK(quarter(12).value() == 3);
  CHECK(quarter(6).error().seen == "3");
  CHECK(quarter(5).error().seen == "5");
}

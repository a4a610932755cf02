#include "report/document/escape.h"

#include <catch2/catch.hpp>

namespace pgcleave::report {

TEST_CASE("text from outside cannot become an element, an attribute or a control character of a page") {
  CHECK(html("<script>alert('x')</script>") == "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  CHECK(html("a\" onload=\"b & c") == "a&quot; onload=&quot;b &amp; c");
  CHECK(html("\x1b[31mred\n") == "\\x1b[31mred\\n");
}

TEST_CASE("letters that turn the direction of a line are taken out") {
  CHECK(html("a\u202eb\u2066c") == "a\\u202eb\\u2066c");
}

TEST_CASE("text from outside cannot become markup or a column of a Markdown table") {
  CHECK(markdown("a|b") == "a\\|b");
  CHECK(markdown("**x** <b> [l](u) #3") == "\\*\\*x\\*\\* \\<b\\> \\[l\\](u) \\#3");
  CHECK(markdown("two\nlines") == "two\\\\nlines");
  CHECK(markdown("- item") == "\\- item");
  CHECK(markdown("-") == "-");
}

TEST_CASE("nobody is called by a report, and an operator's name stays one") {
  CHECK(markdown("ask @dba") == "ask @\u2060dba");
  CHECK(markdown("root@vm") == "root@vm");
}

TEST_CASE("a code span cannot be closed by the text in it, and a bar in it ends no cell") {
  CHECK(markdown_code("plain") == "`plain`");
  CHECK(markdown_code("a `b` c") == "``a `b` c``");
  CHECK(markdown_code("`x") == "`` `x ``");
  CHECK(markdown_code("a|b|c") == "`a\\|b\\|c`");
  CHECK(markdown_code("").empty());
}

}  // namespace pgcleave::report

#include "base/exposition.h"

#include <catch2/catch.hpp>

using pgcleave::Exposition;

TEST_CASE(
    "samples of a metric stand together behind its help and type, and any text is escaped as Prometheus reads it") {
  Exposition out;
  CHECK(out.text().empty());
  out.add("a_seconds", "How long,\nin \\ seconds.", {}, 1.5);
  out.add("b_info", "One.", {{"name", "say \"hi\"\nto C:\\"}, {"side", "source"}}, 1);
  out.add("a_seconds", "", {{"step", "x"}}, 1e9);
  CHECK(out.text() ==
        "# HELP a_seconds How long,\\nin \\\\ seconds.\n# TYPE a_seconds gauge\na_seconds 1.5\n"
        "a_seconds{step=\"x\"} 1000000000\n"
        "# HELP b_info One.\n# TYPE b_info gauge\n"
        "b_info{name=\"say \\\"hi\\\"\\nto C:\\\\\",side=\"source\"} 1\n");
}

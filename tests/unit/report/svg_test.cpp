#include "report/charts/svg.h"

#include <catch2/catch.hpp>

namespace pgcleave::report {
namespace {

std::size_t words_in(const Svg& svg) {
  const auto drawn = svg.finish(100, 20, "");
  std::size_t found = 0;
  for (auto at = drawn.find("<text"); at != std::string::npos; at = drawn.find("<text", at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("words of an axis that would lie on each other are left out") {
  Svg svg;
  TickRow row(10, 100, 12);
  row.put(svg, 0, "10 s");
  row.put(svg, 20, "1 min 40 s");
  row.put(svg, 98, "20 s");
  CHECK(words_in(svg) == 2);
}

TEST_CASE("words that are too wide are cut between letters") {
  CHECK(fitted("short", 12, 100) == "short");
  const auto cut = fitted("Größe der Läufe in Millisekunden", 12, 60);
  CHECK(text_width(cut, 12) <= 60);
  CHECK(cut.rfind("Größ", 0) == 0);
  CHECK(cut.ends_with("…"));
}

TEST_CASE("places have one decimal and no sign at zero") {
  Svg svg;
  svg.line(-0.04, 1.25, 2, 1.0 / 3, "grid");
  CHECK(svg.finish(10, 10, "a <b>").find("<line x1=\"0\" y1=\"1.2\" x2=\"2\" y2=\"0.3\" class=\"grid\"/>") !=
        std::string::npos);
  CHECK(svg.finish(10, 10, "a <b>").find("aria-label=\"a &lt;b&gt;\"") != std::string::npos);
}

}  // namespace pgcleave::report

// Charts as data. How they look is said by svg_of, one file per form.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pgcleave::report {

// What a mark stands for. Each has a colour of its own that is told apart by colour-blind eyes too, and a legend with
// its name.
enum class Hue { work, pause, person, undo, quiet };

// A stretch of an axis that is shaded and named.
struct Band {
  double from = 0;
  double to = 0;
  std::string label;
};

// When what ran, row below row. Milliseconds.
struct Span {
  std::string group;  // rows of one group stand together under its name
  std::string label;
  double from = 0;
  double to = 0;
  Hue hue = Hue::work;
};
struct Timeline {
  std::vector<Span> spans;
  std::vector<Band> bands;
};

// Lengths beside each other, and a line that they should not cross. Milliseconds.
struct Bar {
  std::string label;
  double value = 0;
  Hue hue = Hue::work;
};
struct Bars {
  std::vector<Bar> rows;
  std::optional<double> limit;
  std::string limit_label = {};
};

// From the shortest to the longest, with the median. Milliseconds, on a logarithmic axis.
struct Range {
  std::string group;
  std::string label;
  double low = 0;
  double median = 0;
  double high = 0;
  Hue hue = Hue::work;
};
struct Ranges {
  std::vector<Range> rows;
};

struct Point {
  double x = 0;
  double y = 0;
};
struct Series {
  std::string name;
  std::vector<Point> points;
  bool stepped = false;  // a value holds until the next one
};
struct Lines {
  std::vector<Series> series;
  std::vector<Band> bands;
  std::string x_title;  // "ms since PAUSE"
  std::string y_title;  // "acknowledged writes per second"
};

using Chart = std::variant<Timeline, Bars, Ranges, Lines>;

// The drawing width, in CSS pixels: charts are drawn twice, once for a desk and once for a phone, so that their letters
// stay readable.
struct Canvas {
  double width = 840;
  [[nodiscard]] bool narrow() const { return width < 500; }
};

std::string svg_of(const Timeline& chart, Canvas canvas, const std::string& title);
std::string svg_of(const Bars& chart, Canvas canvas, const std::string& title);
std::string svg_of(const Ranges& chart, Canvas canvas, const std::string& title);
std::string svg_of(const Lines& chart, Canvas canvas, const std::string& title);
std::string svg_of(const Chart& chart, Canvas canvas, const std::string& title);

// The hues that a chart uses, for its legend.
std::vector<Hue> hues_of(const Chart& chart);
const char* name_of(Hue hue);   // "clients wait"
const char* class_of(Hue hue);  // in the stylesheet

}  // namespace pgcleave::report

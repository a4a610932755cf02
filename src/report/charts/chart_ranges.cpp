// A line from the shortest to the longest, a dot at the median. Logarithmic, so that 2 ms and 20 s stand on one sheet.
#include <algorithm>

#include "report/charts/chart.h"
#include "report/charts/scale.h"
#include "report/charts/svg.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

constexpr double top = 24;

LogScale scale_of(const Ranges& chart, double left, double right) {
  double least = 1e300;
  double most = 1;
  for (const auto& row : chart.rows) {
    if (row.low > 0) least = std::min(least, row.low);
    most = std::max(most, row.high);
  }
  return {std::min(least, most), most, left, right};
}

}  // namespace

std::string svg_of(const Ranges& chart, Canvas canvas, const std::string& title) {
  const bool narrow = canvas.narrow();
  double widest = 90;
  for (const auto& row : chart.rows) widest = std::max(widest, text_width(row.label, letter));
  const double left = narrow ? 8 : std::min(widest, 220.0) + 18;
  const double right = canvas.width - (narrow ? 10 : 78);
  const double row_height = narrow ? 34 : 21;
  const auto scale = scale_of(chart, left, right);
  double height = top;
  for (std::size_t i = 0; i < chart.rows.size(); ++i) {
    height += row_height + (i == 0 || chart.rows[i].group != chart.rows[i - 1].group ? 26 : 0);
  }
  Svg svg;
  TickRow labels(top - 11, canvas.width, letter);
  for (const auto& tick : scale.ticks()) {
    svg.line(scale.at(tick.value), top - 6, scale.at(tick.value), height, "grid");
    labels.put(svg, scale.at(tick.value), tick.label);
  }
  double y = top;
  std::string group;
  for (const auto& row : chart.rows) {
    if (&row == &chart.rows.front() || row.group != group) {
      y += 26;
      svg.text(narrow ? 4 : 0, y - 6, row.group, "small strong");
      svg.line(0, y - 1, canvas.width, y - 1, "grid");
      group = row.group;
    }
    const double middle = narrow ? y + 24 : y + row_height / 2;
    const double text_y = narrow ? y + 15 : middle + 4;
    svg.text(narrow ? 4 : 10, text_y, fitted(row.label, letter, narrow ? canvas.width - 90 : left - 18));
    svg.text(narrow ? right + 6 : canvas.width, text_y, duration(row.median), "num", Anchor::end);
    const std::string hue = class_of(row.hue);
    svg.rect(scale.at(row.low), middle - 1.5, std::max(1.0, scale.at(row.high) - scale.at(row.low)), 3, hue, 1.5,
             row.label + ": " + duration(row.low) + " to " + duration(row.high));
    svg.line(scale.at(row.low), middle - 4, scale.at(row.low), middle + 4, hue + "-line");
    svg.line(scale.at(row.high), middle - 4, scale.at(row.high), middle + 4, hue + "-line");
    svg.circle(scale.at(row.median), middle, 4.5, hue, row.label + ": median " + duration(row.median));
    y += row_height;
  }
  return svg.finish(canvas.width, height + 4, title);
}

}  // namespace pgcleave::report

// Bars from zero, and the limit. When the limit is far beyond all bars the axis is logarithmic, and says so: a pause of
// 30 ms against a budget of 5 s would else be a hair.
#include <algorithm>
#include <cmath>
#include <functional>

#include "report/charts/chart.h"
#include "report/charts/scale.h"
#include "report/charts/svg.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

constexpr double far_beyond = 12;

struct Axis {
  std::function<double(double)> at;
  std::vector<Tick> ticks;
  bool logarithmic = false;
};

Axis axis_of(const Bars& chart, double left, double right, bool narrow) {
  double least = 1e300;
  double most = 0;
  for (const auto& row : chart.rows) {
    if (row.value > 0) least = std::min(least, row.value);
    most = std::max(most, row.value);
  }
  const double end = std::max(most, chart.limit.value_or(0));
  if (most > 0 && end / std::min(least, most) > far_beyond) {
    const LogScale scale(least / 2, end, left, right);
    return {[scale](double value) { return scale.at(value); }, scale.ticks(), true};
  }
  const double top = end > 0 ? end * 1.04 : 1;
  return {[=](double value) { return left + (right - left) * value / top; }, time_ticks(0, top, narrow ? 3 : 6), false};
}

}  // namespace

std::string svg_of(const Bars& chart, Canvas canvas, const std::string& title) {
  const bool narrow = canvas.narrow();
  double widest = 60;
  for (const auto& row : chart.rows) widest = std::max(widest, text_width(row.label, letter));
  const double left = narrow ? 4 : std::min(widest, 260.0) + 14;
  const double right = canvas.width - (narrow ? 8 : 78);
  const double row_height = narrow ? 40 : 28;
  const double top = chart.limit ? 24 : 8;
  const double bottom = top + row_height * static_cast<double>(chart.rows.size());
  const auto axis = axis_of(chart, left, right, narrow);
  Svg svg;
  TickRow labels(bottom + 16, canvas.width, letter);
  for (const auto& tick : axis.ticks) {
    svg.line(axis.at(tick.value), top, axis.at(tick.value), bottom, "grid");
    labels.put(svg, axis.at(tick.value), tick.label);
  }
  // Under the bars and their numbers.
  if (chart.limit) {
    const double x = axis.at(*chart.limit);
    const auto label = chart.limit_label + " " + chosen(*chart.limit);
    const double half = text_width(label, letter) / 2;
    svg.line(x, top - 4, x, bottom, "limit");
    svg.text(std::clamp(x, half, canvas.width - half), top - 9, label, "small strong", Anchor::middle);
  }
  double y = top;
  for (const auto& row : chart.rows) {
    const double bar_y = narrow ? y + 22 : y + 6;
    const double text_y = narrow ? y + 16 : y + 18;
    svg.text(narrow ? left : 0, text_y, fitted(row.label, letter, narrow ? canvas.width - 90 : left - 8));
    svg.text(canvas.width - (narrow ? 8 : 0), text_y, duration(row.value), "num strong", Anchor::end);
    svg.rect(left, bar_y, std::max(1.5, axis.at(row.value) - left), narrow ? 12 : 16, class_of(row.hue), 2,
             row.label + ": " + duration(row.value));
    y += row_height;
  }
  svg.line(left, top, left, bottom, "axis");
  if (axis.logarithmic)
    svg.text(canvas.width, bottom + 34, "logarithmic: each line is ten times the one before", "small muted",
             Anchor::end);
  return svg.finish(canvas.width, bottom + (axis.logarithmic ? 42 : 24), title);
}

}  // namespace pgcleave::report

// Rows of bars over time. On a desk the names stand left of their bars and the times right of them; on a phone both
// stand above.
#include <algorithm>

#include "report/charts/chart.h"
#include "report/charts/scale.h"
#include "report/charts/svg.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

constexpr double axis_height = 22;
constexpr double least_bar = 2.5;

struct Layout {
  double left;
  double right;
  double row;
  double bar;
  double group;
  double bands;  // room above for their names
};

Layout layout_of(const Timeline& chart, Canvas canvas) {
  const double bands = chart.bands.empty() ? 0 : 18;
  if (canvas.narrow()) return {4, canvas.width - 6, 34, 9, 26, bands};
  double widest = 90;
  for (const auto& span : chart.spans) widest = std::max(widest, text_width(span.label, letter));
  return {std::min(widest, 200.0) + 14, canvas.width - 72, 21, 11, 26, bands};
}

std::vector<std::pair<double, double>> busy_of(const Timeline& chart) {
  std::vector<std::pair<double, double>> busy;
  for (const auto& span : chart.spans) busy.emplace_back(span.from, span.to);
  for (const auto& band : chart.bands) busy.emplace_back(band.from, band.to);
  return busy;
}

double height_of(const Timeline& chart, const Layout& at) {
  double height = axis_height + at.bands + 6;
  std::string group;
  for (const auto& span : chart.spans) {
    if (span.group != group) height += at.group;
    group = span.group;
    height += at.row;
  }
  return height;
}

void draw_axis(Svg& svg, const BrokenScale& scale, const Layout& at, double height, Canvas canvas) {
  TickRow labels(axis_height - 9, canvas.width, letter);
  for (const auto& tick : scale.ticks(canvas.narrow() ? 4 : 7)) {
    svg.line(scale.at(tick.value), axis_height - 4, scale.at(tick.value), height, "grid");
    labels.put(svg, scale.at(tick.value), tick.label);
  }
  for (const auto& cut : scale.breaks()) {
    svg.path({{cut.x - 3, axis_height - 4},
              {cut.x + 3, axis_height + 4},
              {cut.x - 3, axis_height + 12},
              {cut.x + 3, axis_height + 20}},
             "cut");
    svg.line(cut.x, axis_height + 20, cut.x, height, "cut dashed");
  }
  svg.line(at.left, axis_height - 4, at.right, axis_height - 4, "axis");
}

void draw_bands(Svg& svg, const Timeline& chart, const BrokenScale& scale, double height, Canvas canvas) {
  for (const auto& band : chart.bands) {
    const double from = scale.at(band.from);
    const double width = std::max(least_bar, scale.at(band.to) - from);
    svg.rect(from, axis_height, width, height - axis_height, "band");
    const double half = text_width(band.label, letter) / 2;
    svg.text(std::clamp(from + width / 2, half, canvas.width - half), axis_height + 13, band.label,
             "small pause-text strong", Anchor::middle);
  }
}

}  // namespace

std::string svg_of(const Timeline& chart, Canvas canvas, const std::string& title) {
  const auto at = layout_of(chart, canvas);
  const double height = height_of(chart, at);
  const BrokenScale scale(busy_of(chart), at.left, at.right);
  Svg svg;
  draw_bands(svg, chart, scale, height, canvas);
  draw_axis(svg, scale, at, height, canvas);
  double y = axis_height + at.bands;
  std::string group;
  for (const auto& span : chart.spans) {
    if (span.group != group) {
      y += at.group;
      svg.text(canvas.narrow() ? at.left : 0, y - 6, span.group, "small strong");
      svg.line(0, y - 1, canvas.width, y - 1, "grid");
      group = span.group;
    }
    const auto time = duration(span.to - span.from);
    const double from = scale.at(span.from);
    const double width = std::max(least_bar, scale.at(span.to) - from);
    const double bar_y = canvas.narrow() ? y + 20 : y + (at.row - at.bar) / 2;
    const double text_y = canvas.narrow() ? y + 15 : bar_y + at.bar - 1;
    svg.text(canvas.narrow() ? at.left : 10, text_y,
             fitted(span.label, letter, canvas.narrow() ? canvas.width - 80 : at.left - 14));
    svg.text(canvas.narrow() ? at.right : canvas.width, text_y, time, "num", Anchor::end);
    svg.rect(from, bar_y, width, at.bar, class_of(span.hue), 2, span.label + ": " + time);
    y += at.row;
  }
  return svg.finish(canvas.width, height, title);
}

}  // namespace pgcleave::report

// Values over time, from zero. Series are told apart by colour, by dashes and by their names.
#include <algorithm>
#include <cmath>

#include "report/charts/chart.h"
#include "report/charts/scale.h"
#include "report/charts/svg.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

struct Frame {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;
  double from = 0;
  double to = 1;
  double most = 1;
  [[nodiscard]] double x(double value) const {
    return left + (right - left) * (std::clamp(value, from, to) - from) / (to - from);
  }
  [[nodiscard]] double y(double value) const { return bottom - (bottom - top) * std::clamp(value, 0.0, most) / most; }
};

Frame frame_of(const Lines& chart, Canvas canvas) {
  Frame frame;
  bool first = true;
  double most = 0;
  for (const auto& series : chart.series) {
    for (const auto& point : series.points) {
      frame.from = first ? point.x : std::min(frame.from, point.x);
      frame.to = first ? point.x : std::max(frame.to, point.x);
      most = std::max(most, point.y);
      first = false;
    }
  }
  if (!(frame.to > frame.from)) frame.to = frame.from + 1;
  frame.most = round_up(most);
  frame.left = std::max(28.0, text_width(fixed(frame.most, 0), letter) + 10);
  frame.right = canvas.width - 8;
  frame.top = 44 + (chart.series.size() > 1
                        ? 18 * std::ceil(static_cast<double>(chart.series.size()) / (canvas.narrow() ? 2 : 4))
                        : 0);
  frame.bottom = frame.top + (canvas.narrow() ? 170 : 210);
  return frame;
}

std::vector<std::pair<double, double>> way_of(const Series& series, const Frame& frame) {
  std::vector<std::pair<double, double>> way;
  for (const auto& point : series.points) {
    if (series.stepped && !way.empty()) way.emplace_back(frame.x(point.x), way.back().second);
    way.emplace_back(frame.x(point.x), frame.y(point.y));
  }
  return way;
}

void draw_axes(Svg& svg, const Lines& chart, const Frame& frame, Canvas canvas) {
  const int decimals = frame.most < 5 ? (frame.most < 0.5 ? 2 : 1) : 0;
  for (const double value : round_numbers(0, frame.most, 4)) {
    svg.line(frame.left, frame.y(value), frame.right, frame.y(value), "grid");
    svg.text(frame.left - 6, frame.y(value) + 4, fixed(value, decimals), "small muted num", Anchor::end);
  }
  const auto places = round_numbers(frame.from, frame.to, canvas.narrow() ? 4 : 8);
  const int x_decimals = places.size() > 1 && places[1] - places[0] < 0.99 ? 1 : 0;
  TickRow labels(frame.bottom + 17, canvas.width, letter);
  for (const double value : places) {
    svg.line(frame.x(value), frame.bottom, frame.x(value), frame.bottom + 4, "axis");
    labels.put(svg, frame.x(value), fixed(value, x_decimals));
  }
  svg.line(frame.left, frame.bottom, frame.right, frame.bottom, "axis");
  svg.text(0, 13, chart.y_title, "small muted");
  svg.text(frame.right, frame.bottom + 34, chart.x_title, "small muted", Anchor::end);
}

void draw_bands(Svg& svg, const Lines& chart, const Frame& frame, Canvas canvas) {
  for (const auto& band : chart.bands) {
    const double from = frame.x(band.from);
    const double width = std::max(2.0, frame.x(band.to) - from);
    svg.rect(from, frame.top - 6, width, frame.bottom - frame.top + 6, "band");
    const double half = text_width(band.label, letter) / 2;
    svg.text(std::clamp(from + width / 2, half, canvas.width - half), frame.top - 11, band.label,
             "small pause-text strong", Anchor::middle);
  }
}

void draw_legend(Svg& svg, const Lines& chart, Canvas canvas) {
  if (chart.series.size() < 2) return;
  const int columns = canvas.narrow() ? 2 : 4;
  const double width = canvas.width / columns;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const double x = width * static_cast<double>(i % static_cast<std::size_t>(columns));
    const double y = 32 + 18 * std::floor(static_cast<double>(i) / columns);
    svg.line(x, y - 4, x + 22, y - 4, "series series-" + std::to_string(i % 6));
    svg.text(x + 28, y, fitted(chart.series[i].name, letter, width - 34), "small");
  }
}

}  // namespace

std::string svg_of(const Lines& chart, Canvas canvas, const std::string& title) {
  const auto frame = frame_of(chart, canvas);
  Svg svg;
  draw_bands(svg, chart, frame, canvas);
  draw_axes(svg, chart, frame, canvas);
  draw_legend(svg, chart, canvas);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    if (chart.series[i].points.empty()) continue;
    const auto way = way_of(chart.series[i], frame);
    if (chart.series.size() == 1) {
      auto area = way;
      area.emplace_back(way.back().first, frame.bottom);
      area.emplace_back(way.front().first, frame.bottom);
      svg.path(area, "area", true);
    }
    svg.path(way, "series series-" + std::to_string(i % 6));
  }
  return svg.finish(canvas.width, frame.bottom + 40, title);
}

}  // namespace pgcleave::report

#include "report/charts/chart.h"

#include <algorithm>

namespace pgcleave::report {
namespace {

template <class Rows>
std::vector<Hue> seen_in(const Rows& rows) {
  std::vector<Hue> seen;
  for (const auto& row : rows) {
    if (std::find(seen.begin(), seen.end(), row.hue) == seen.end()) seen.push_back(row.hue);
  }
  return seen;
}

struct HuesOf {
  std::vector<Hue> operator()(const Timeline& chart) const { return seen_in(chart.spans); }
  std::vector<Hue> operator()(const Bars& chart) const { return seen_in(chart.rows); }
  std::vector<Hue> operator()(const Ranges& chart) const { return seen_in(chart.rows); }
  std::vector<Hue> operator()(const Lines&) const { return {}; }
};

}  // namespace

std::string svg_of(const Chart& chart, Canvas canvas, const std::string& title) {
  return std::visit([&](const auto& form) { return svg_of(form, canvas, title); }, chart);
}

std::vector<Hue> hues_of(const Chart& chart) {
  return std::visit(HuesOf{}, chart);
}

const char* name_of(Hue hue) {
  switch (hue) {
    case Hue::work: return "clients work on";
    case Hue::pause: return "clients wait";
    case Hue::person: return "a person decides";
    case Hue::undo: return "undone or failed";
    case Hue::quiet: return "no change, a look only";
  }
  return "";
}

const char* class_of(Hue hue) {
  switch (hue) {
    case Hue::work: return "work";
    case Hue::pause: return "pause";
    case Hue::person: return "person";
    case Hue::undo: return "undo";
    case Hue::quiet: return "quiet";
  }
  return "";
}

}  // namespace pgcleave::report
